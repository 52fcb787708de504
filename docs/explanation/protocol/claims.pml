/* One figure across machines: the claims of scheduler/team_claims.py, for exhaustive checking.

   N machines of a team want the same figure. Each has a journal of its own, which survives; they
   share a log (store/claim_log.py), to which whoever read its end can append, and the service. Any of
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

#define NONE 0
#define CLAIMED 1
#define ORDERED 2
#define ENDED 3
#define NOBODY 255

/* the store: of the log only the last entry counts, and who knows that it is the last */
byte last = NONE;
byte by = NOBODY;
bool expired = false;
bool current[N] = false;
bool picture = false;

/* the service */
byte flying = 0;                /* orders under way */
byte tasks = 0;

/* the journals */
bool intent[N] = false;         /* an order may have been sent */
bool knows[N] = false;          /* the task */

/* what dies with a process */
bool claims[N] = false;         /* it has the claim */
bool fresh[N] = false;          /* which did not expire since */
bool asked[N] = false;          /* it asked for one, and has no answer */
bool settles[N] = false;        /* in the place of one that expired */

byte crashes = 0;
byte unknowns = 0;
byte over = 0;
bool killed[N] = false;

inline write(what) {
    last = what; by = me; expired = false;
    p = 0;
    do
    :: p < N -> current[p] = (p == me); p++
    :: else -> break
    od;
    p = 0
}

/* one step: the end of the log is what was read, or it is not */
inline append(what) {
    if
    :: d_step { current[me] -> write(what); claims[me] = true; fresh[me] = true }
#ifdef UNPROVED
    :: d_step { !current[me] && what == CLAIMED && last == CLAIMED ->
                current[me] = true; claims[me] = true; fresh[me] = true }
#endif
    :: d_step {                 /* done, but the answer is lost: it is found by its id */
           current[me] && unknowns < UNKNOWNS ->
           unknowns++; write(what); asked[me] = true
       }
    :: d_step { unknowns < UNKNOWNS -> unknowns++ }             /* not done: asked again */
#ifdef FREE
    :: d_step { unknowns < UNKNOWNS -> unknowns++; claims[me] = true; fresh[me] = true }
#endif
    :: !current[me] -> skip                                     /* somebody was first */
    fi
}

proctype Machine(byte me) {
    byte p = 0;

begin:
    {
        do
        :: picture -> goto finished
        :: !picture && knows[me] ->                     /* polled, fetched, uploaded */
            if
            :: d_step { last == CLAIMED || last == NONE -> write(ORDERED) }
            :: true
            fi;
            picture = true
        :: !picture && !knows[me] && intent[me] ->      /* lost_answer.py */
            if
            :: tasks > 0 -> skip
            :: tasks == 0 ->                            /* the first look: nothing */
#ifndef NOGRACE
                flying == 0
#endif
            fi;
            if                                          /* the last look */
            :: d_step { tasks > 0 -> knows[me] = true; intent[me] = false }
            :: d_step {
                   tasks == 0 -> intent[me] = false;
                   if
                   :: last == CLAIMED && by == me -> write(ENDED)
                   :: else
                   fi
               }
            :: d_step { tasks == 0 -> intent[me] = false }  /* not told: others settle it too */
            fi
        :: !picture && !knows[me] && !intent[me] ->
#ifdef NOCLAIM
            claims[me] = true; fresh[me] = true;
#else
            d_step { current[me] = true; claims[me] = false };  /* read to the end */
            if
            :: d_step { asked[me] -> asked[me] = false;
                        if
                        :: last == CLAIMED && by == me && settles[me] -> intent[me] = true
                        :: last == CLAIMED && by == me && !settles[me] ->
                            claims[me] = true; fresh[me] = !expired
                        :: else
                        fi;
                        settles[me] = false }
#ifdef GONE
            :: me == 0 -> claims[me] = true; fresh[me] = true   /* on its own, as if alone */
#endif
            :: !asked[me] && (last == NONE || last == ENDED) -> append(CLAIMED)
            :: !asked[me] && last == ORDERED && expired ->
                append(ORDERED);
                if
                :: claims[me] -> knows[me] = true; claims[me] = false   /* the task is in it */
                :: else
                fi
            :: !asked[me] && last == CLAIMED && expired ->
                append(CLAIMED);
#ifndef REORDER
                if
                :: claims[me] -> intent[me] = true; claims[me] = false  /* as its own lost answer */
                :: else -> settles[me] = asked[me]
                fi
#endif
            :: !asked[me] && (picture || !current[me]
                              || (last == CLAIMED || last == ORDERED) && expired)
            fi;
#endif
            if
            :: claims[me] ->
                intent[me] = true;                      /* written down */
#ifdef STOPPED
                if
                :: fresh[me] -> skip
                :: else -> intent[me] = false
                fi;
                if
                :: intent[me] -> flying++
                :: else
                fi;
#else
                d_step {                                /* a claim is fresh, or nothing is sent */
                    if
                    :: fresh[me] -> flying++
                    :: else -> intent[me] = false
                    fi
                };
#endif
                claims[me] = false;
                if
                :: d_step { tasks > 0 && intent[me] -> knows[me] = true; intent[me] = false }
                :: true                                 /* the answer is lost, or late */
                fi
            :: else
            fi
        od
    } unless {
        killed[me];
        d_step {
            killed[me] = false; claims[me] = false; fresh[me] = false; asked[me] = false;
            settles[me] = false; p = 0
        };
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
    byte i = 0;
end_:
    do
    :: d_step {
           !expired && (last == CLAIMED || last == ORDERED) ->
           expired = true;
           do
           :: i < N -> fresh[i] = false; i++
           :: else -> break
           od;
           i = 0
       }
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
