/* One figure across machines: the claims of pbfigure/scheduler/team.py, for exhaustive checking.

   N machines of a team want the same figure. Each has a journal of its own, which survives; they
   share a log (store/claims.py), to which whoever read its end can append, and the service. Any of
   them is killed between any two steps, CRASHES times in all, and comes back or does not. Answers
   of the service are lost, orders arrive late or never, claims expire at any time, and the store's
   answers are unknown, whether what was asked was done or not. protocol.pml has the rules of one
   machine; here its settling of a lost answer is two looks and the grace between them.

   Spin options: -DN= -DCRASHES= -DUNKNOWNS=, and to take a rule away -DNOCLAIM (nothing is claimed)
   -DREORDER (what an expired claim was for is simply ordered) -DFREE (an unknown answer of the store
   counts as a claim) -DUNPROVED (the store lets two create one entry) -DSTOPPED (a machine can stand
   still between its last look at the clock and the order) -DGONE (the store cannot be asked by one)
   -DNOGRACE
*/

#ifndef N
#define N 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 1
#endif

#ifndef L
#define L 6                     /* entries of the log; a machine rests when it is full */
#endif
#define NOBODY 255
#define NONE 0
#define CLAIMED 1
#define ORDERED 2
#define ENDED 3

/* the store */
byte end = 0;
byte kind[L] = NONE;
byte by[L] = NOBODY;
bool expired[L] = false;
bool picture = false;

/* the service */
byte flying = 0;                /* orders under way */
byte tasks = 0;

/* the journals */
byte intent[N] = 0;             /* a claim, counted from 1, whose order may have been sent */
bool knows[N] = false;          /* the task */

byte crashes = 0;
byte unknowns = 0;
byte over = 0;
bool killed[N] = false;

/* one step: the end of the log is what was read, or it is not */
inline append(what) {
    if
    :: d_step {
           seen == end && end < L ->
           kind[end] = what; by[end] = me; end++; seen = end; mine = end
       }
#ifdef UNPROVED
    :: d_step { seen + 1 == end && kind[seen] == CLAIMED -> by[seen] = me; seen = end; mine = end }
#endif
    :: d_step {                 /* done, but the answer is lost: it is found by its id */
           seen == end && end < L && unknowns < UNKNOWNS ->
           unknowns++; kind[end] = what; by[end] = me; end++; mine = 0
       }
    :: d_step { unknowns < UNKNOWNS -> unknowns++; mine = 0 }   /* not done: asked again */
#ifdef FREE
    :: d_step { unknowns < UNKNOWNS -> unknowns++; mine = end; if :: end == 0 -> mine = L :: else fi }
#endif
    :: d_step { seen != end || end == L -> mine = 0 }           /* somebody was first */
    fi
}

inline read() {
    d_step {
        seen = end; last = NONE;
        if
        :: end > 0 -> last = kind[end - 1]
        :: else
        fi
    }
}

proctype Machine(byte me) {
    byte seen = 0, mine = 0, last = NONE;
    bool alone = false;

begin:
    {
        do
        :: picture -> goto finished
        :: !picture && knows[me] ->                     /* polled, fetched, uploaded */
            read();
            if
            :: last == CLAIMED || last == NONE -> append(ORDERED)
            :: true
            fi;
            picture = true
        :: !picture && !knows[me] && intent[me] != 0 -> /* lost_answer.py */
            if
            :: tasks > 0 -> d_step { knows[me] = true; intent[me] = 0 }
            :: tasks == 0 ->
#ifndef NOGRACE
                flying == 0;
#endif
                if
                :: d_step { tasks > 0 -> knows[me] = true; intent[me] = 0 }
                :: d_step {
                       tasks == 0 ->
                       if
                       :: end > 0 && intent[me] == end && by[end - 1] == me && end < L ->
                           kind[end] = ENDED; by[end] = me; end++
                       :: else                          /* not told: it expires, others settle it */
                       fi;
                       intent[me] = 0
                   }
                fi
            fi
        :: !picture && !knows[me] && intent[me] == 0 ->
#ifdef NOCLAIM
            mine = 1;
#else
            read();
            mine = 0;
            if
#ifdef GONE
            :: me == 0 && last == NONE -> alone = true; mine = L
#endif
            :: last == NONE || last == ENDED -> append(CLAIMED)
            :: (last == CLAIMED || last == ORDERED) && expired[end - 1] ->
                if
                :: last == ORDERED ->
                    append(ORDERED);
                    if
                    :: mine != 0 -> knows[me] = true    /* its task is in the claim */
                    :: else
                    fi;
                    mine = 0
                :: last == CLAIMED ->
                    append(CLAIMED);
#ifndef REORDER
                    if
                    :: mine != 0 -> intent[me] = mine   /* as a lost answer of its own */
                    :: else
                    fi;
                    mine = 0
#endif
                fi
            :: (last == CLAIMED || last == ORDERED) && !expired[end - 1] ->
                if                                      /* its own, by its id, or wait */
                :: last == CLAIMED && by[end - 1] == me && seen == end -> intent[me] = end
                :: picture || end != seen || expired[seen - 1]
                fi
            :: end == L -> goto finished
            fi;
#endif
            if
            :: mine != 0 && intent[me] == 0 && !knows[me] ->
                intent[me] = mine;                      /* written down */
#ifdef STOPPED
                if
                :: alone || !expired[mine - 1] -> flying++
                :: else -> intent[me] = 0
                fi;
#else
                d_step {                                /* a claim is fresh, or nothing is sent */
                    if
#ifdef NOCLAIM
                    :: true -> flying++
#else
                    :: alone || mine == L || !expired[mine - 1] -> flying++
#endif
                    :: else -> intent[me] = 0
                    fi
                };
#endif
                if
                :: tasks > 0 && intent[me] != 0 ->      /* the answer came */
                    d_step { knows[me] = true; intent[me] = 0 }
                :: true                                 /* it is lost, or late */
                fi;
                mine = 0
            :: else
            fi
        od
    } unless {
        killed[me];
        d_step { killed[me] = false; seen = 0; mine = 0; last = NONE; alone = false };
        if
        :: goto begin
        :: goto finished                                /* gone for ever */
        fi
    };

finished:
    over++
}

proctype Service() {
end_:
    do
    :: d_step { flying > 0 -> flying--; tasks++; assert(tasks <= 1) }   /* never paid twice */
    :: d_step { flying > 0 -> flying-- }
    od
}

proctype Clock() {
    byte i;
end_:
    do
    :: d_step { end > 0 && !expired[end - 1] && kind[end - 1] != ENDED -> expired[end - 1] = true }
    od
}

proctype Killer() {
end_:
    do
    :: d_step { crashes < CRASHES && !killed[0] && over < N -> crashes++; killed[0] = true }
    :: d_step { crashes < CRASHES && !killed[1] && over < N -> crashes++; killed[1] = true }
#if N > 2
    :: d_step { crashes < CRASHES && !killed[2] && over < N -> crashes++; killed[2] = true }
#endif
    :: crashes == CRASHES -> break
    od
}

init {
    byte p = 0;
    atomic {
        do
        :: p < N -> run Machine(p); p++
        :: else -> break
        od;
        run Service();
        run Clock();
        run Killer()
    }
}
