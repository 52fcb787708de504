/* How orders are paid for once: the protocol of pbfigure/scheduler, for exhaustive checking.

   N owners (builds) of one machine share a journal and want the same K keys, of KINDS kinds that
   the task list tells apart. Any of them may be killed between any two steps, CRASHES times in all,
   and begins anew. An order may arrive late or never, its answer may be lost, or be the API's own
   error, or with -DCONFLICTS a conflict. FOREIGN tasks of others appear in the list at any time, of
   any kind. README.md says what is checked, and what is taken for granted.

   The journal can be LOST at any moment: what it has then is what the ledger says.

   Spin options: -DN= -DK= -DKINDS= -DCRASHES= -DFOREIGN= -DLOSSES=, and to take a rule away -DNOGRACE
   -DNOLOCK -DHASTY (a short grace for any lost answer) -DANYKIND (alike orders go on while an answer
   is open) -DNOLEDGER (no order is written to the ledger) -DBELIEVED (the task that an order conflicts
   with is taken for its own)
*/

#ifndef N
#define N 2
#endif
#ifndef K
#define K 2
#endif
#ifndef KINDS
#define KINDS 1
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef FOREIGN
#define FOREIGN 1
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#if LOSSES == 0
#define NOLEDGER                /* nobody reads it then: fewer states */
#endif

#define DECIDED(k) (state[k] == DONE || state[k] == UNKNOWN)
#if K == 1
#define ALL_DECIDED DECIDED(0)
#elif K == 2
#define ALL_DECIDED (DECIDED(0) && DECIDED(1))
#else
#define ALL_DECIDED (DECIDED(0) && DECIDED(1) && DECIDED(2))
#endif

#define KIND(k) ((k) % KINDS)
#define OTHER_KIND KINDS        /* of none of our orders */

#ifdef ANYKIND
#define ALIKE(a, b) ((a) == (b))
#else
#define ALIKE(a, b) (KIND(a) == KIND(b))
#endif
#if K == 1
#define BLOCKED(k) open[0]
#elif K == 2
#define BLOCKED(k) ((open[0] && ALIKE(0, k)) || (open[1] && ALIKE(1, k)))
#else
#define BLOCKED(k) ((open[0] && ALIKE(0, k)) || (open[1] && ALIKE(1, k)) || (open[2] && ALIKE(2, k)))
#endif

#ifdef BELIEVED
#define BELIEVES(q) true
#else
#define BELIEVES(q) !conflict[q]
#endif

#define T (2 * K + FOREIGN)     /* tasks: room enough to pay twice, so that it would be seen */
#define NOBODY 255
#define NOTHING 255
#define OTHERS 254              /* whose a foreign task is */

/* journal.py: the states of an entry. DONE is "none: its record is in the cache". */
#define FREE 0
#define INTENT 1
#define SUBMITTED 2
#define UNKNOWN 3
#define DONE 4

/* an order on its way */
#define NONE 0
#define SENT 1
#define MADE 2                  /* its task exists */
#define LOST 3                  /* it never arrived, or was refused: no task, for ever */

/* ledger.py: what its last line about a key opened */
#define CLOSED 0
#define ORDERED 1
#define BOUGHT 2

/* the ledger, on the disk, never lost */
byte ledger[K] = CLOSED;
byte entered[K] = NOTHING;      /* the task of a key */
bool written[T] = false;        /* tasks with a line */

/* the journal, and the pictures of the cache, on the disk: survive every crash */
byte state[K] = FREE;
byte owner[K] = NOBODY;
byte task_of[K] = NOTHING;
bool adopted[K] = false;
byte picture[K] = NOTHING;      /* the task whose picture the cache has */
bool open[K] = false;           /* orders without an answer */
bool looked[K] = false;         /* its task was looked for once; its grace runs */
bool processed[K] = false;      /* the API itself answered with an error: nothing is under way */
bool conflict[K] = false;       /* and that error was a conflict, maybe with another task */
bool known[T] = false;          /* tasks written down for a key of this machine */
bool asked[T] = false;          /* a candidate of a key that its author is asked about */
byte seen[T] = 0;               /* tasks unclaimed at a first look: one bit for each key's */

/* held by processes that live: freed by a crash */
byte ordering = NOBODY;

/* the service */
byte tasks = 0;
byte made_for[T] = NOTHING;     /* whose a task is: a key of ours, or OTHERS */
byte kind_of[T] = OTHER_KIND;
byte before[T] = 0;             /* made long before an order was sent: bits as above */
byte order[K] = NONE;
byte late[K] = 0;               /* orders that were given up, and may arrive all the same */
byte bought[K] = 0;

/* the environment */
byte crashes = 0;
byte losses = 0;
bool killed[N] = false;
byte over = 0;

inline make_task(whom, kind) {
    made_for[tasks] = whom;
    kind_of[tasks] = kind;
    tasks++
}

inline forget(q) {              /* what only its settling needs, so that equal states are one state */
    i = 0;
    do
    :: i < T -> before[i] = before[i] & ~(1 << q); seen[i] = seen[i] & ~(1 << q); i++
    :: else -> break
    od;
    open[q] = false;
    looked[q] = false;
    processed[q] = false;
    conflict[q] = false;
    i = 0
}

#define UNCLAIMED(q, i) (!known[i] && !(before[i] & (1 << q)))

inline note_candidates(q) {
    i = 0;
    do
    :: i < tasks ->
        if
        :: UNCLAIMED(q, i) -> asked[i] = true
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* lost_answer.py, the task list read whole: how many unclaimed tasks near the order q are of its
   kind, and how many of another that no other open order explains; one of the former */
inline read_list(q) {
    strange = 0; fitting = 0; gone = 0; found = 0; i = 0;
    do
    :: i < T ->
        if
        :: i < tasks && UNCLAIMED(q, i) ->
            if
            :: asked[i] -> strange++
            :: !asked[i] && kind_of[i] == KIND(q) ->
                /* two open orders of one kind: only after the journal was lost */
                p = 0; alike = 0;
                do
                :: p < K ->
                    if
                    :: p != q && open[p] && KIND(p) == KIND(q) -> alike++
                    :: else
                    fi;
                    p++
                :: else -> break
                od;
                if
                :: alike > 0 -> strange++
                :: else -> fitting++; found = i
                fi
            :: else ->
                p = 0; explained = false;
                do
                :: p < K ->
                    if
                    :: open[p] && KIND(p) != KIND(q) && kind_of[i] == KIND(p) && UNCLAIMED(p, i) ->
                        alike = 0; j = 0;
                        do
                        :: j < tasks ->
                            if
                            :: kind_of[j] == KIND(p) && UNCLAIMED(p, j) -> alike++
                            :: else
                            fi;
                            j++
                        :: else -> break
                        od;
                        if
                        :: alike == 1 -> explained = true
                        :: else
                        fi
                    :: else
                    fi;
                    p++
                :: else -> break
                od;
                if
                :: explained
                :: else -> strange++
                fi
            fi
        :: else ->
            if
            :: (seen[i] & (1 << q)) && !known[i] -> gone++
            :: else
            fi
        fi;
        i++
    :: else -> break
    od;
    i = 0; j = 0; p = 0; alike = 0; explained = false
}

inline note_unclaimed(q) {
    i = 0;
    do
    :: i < tasks ->
        if
        :: UNCLAIMED(q, i) -> seen[i] = seen[i] | (1 << q)
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

proctype Owner(byte me) {
    byte k, q, i, j, p, strange, fitting, gone, found, alike;
    bool explained;

begin:
    {
        do
        :: true ->
            /* batch.py: take a key that nobody alive works on. Nothing left: the build is over. */
            if
            :: d_step {
                   ALL_DECIDED ->
                   i = 0;
                   do
                   :: i < K ->
                       if
                       :: owner[i] == me -> owner[i] = NOBODY
                       :: else
                       fi;
                       i++
                   :: else -> break
                   od;
                   i = 0
               };
               goto finished
            :: d_step { state[0] < UNKNOWN && (owner[0] == NOBODY || owner[0] == me)
                        -> owner[0] = me; k = 0 }
#if K > 1
            :: d_step { state[1] < UNKNOWN && (owner[1] == NOBODY || owner[1] == me)
                        -> owner[1] = me; k = 1 }
#endif
#if K > 2
            :: d_step { state[2] < UNKNOWN && (owner[2] == NOBODY || owner[2] == me)
                        -> owner[2] = me; k = 2 }
#endif
            fi;

            if
            :: state[k] == SUBMITTED ->
#ifndef NOLEDGER
                d_step {
                    if
                    :: state[k] == SUBMITTED ->
                        ledger[k] = BOUGHT; entered[k] = task_of[k]; written[task_of[k]] = true
                    :: else
                    fi
                };
#endif
                /* delivery.py: the picture reaches the cache before the entry is closed */
                if
                :: d_step {
                       state[k] == SUBMITTED ->
                       assert(picture[k] == NOTHING || picture[k] == task_of[k]);
                       picture[k] = task_of[k];
                       /* never another's picture: a foreign one at most, and marked as adopted */
                       assert(made_for[picture[k]] == k
                              || (adopted[k] && made_for[picture[k]] == OTHERS));
                       assert(FOREIGN > 0 || made_for[picture[k]] == k)
                   };
                   d_step { state[k] = DONE; owner[k] = NOBODY; k = 0 }
                :: else                                 /* the journal was lost meanwhile */
                fi
            :: state[k] == FREE || state[k] == INTENT ->
#ifndef NOLOCK
                atomic { ordering == NOBODY -> ordering = me };
#endif
                q = NOTHING;
                if
                :: open[0] -> q = 0
#if K > 1
                :: open[1] -> q = 1
#endif
#if K > 2
                :: open[2] -> q = 2
#endif
                :: true                                 /* nothing is open, or in its grace */
                fi;
                if
                :: q != NOTHING ->
                    if
                    :: !looked[q] && !processed[q] ->
                        d_step { note_unclaimed(q); looked[q] = true; q = NOTHING }
                    :: looked[q] || processed[q] ->
#ifndef NOGRACE
                        /* the grace: by then an order has arrived, or never will. One that the
                           API itself failed is not under way any more. */
#ifdef HASTY
                        true;
#else
                        !open[q] || processed[q] || order[q] != SENT;
#endif
#endif
                        d_step {
                            if
                            :: open[q] && state[q] == INTENT ->
                                read_list(q);
                                if
                                :: strange == 0 && fitting == 0 && gone == 0 ->  /* Reorder */
                                    ledger[q] = CLOSED;
                                    state[q] = FREE;
                                    if
                                    :: order[q] == SENT -> late[q]++
                                    :: else
                                    fi;
                                    order[q] = NONE
                                :: fitting == 1 && strange == 0 && gone == 0 && BELIEVES(q) ->
                                    assert(!conflict[q] || made_for[found] == q);
                                    state[q] = SUBMITTED;
                                    task_of[q] = found;
                                    adopted[q] = true;                           /* Adopt */
                                    known[found] = true
                                :: else ->                                       /* Ask */
                                    state[q] = UNKNOWN;
                                    note_candidates(q);
#ifndef CONFLICTS
                                    assert(FOREIGN > 0 || losses > 0)
#endif
                                fi;
                                forget(q)
                            :: else
                            fi;
                            strange = 0; fitting = 0; gone = 0; found = 0; q = NOTHING
                        }
                    fi
                :: q == NOTHING && !BLOCKED(k) && state[k] == FREE && owner[k] == me ->
                    /* submission.py: written down, then sent, then the answer written down */
                    do
                    :: p < tasks -> p++                 /* any of the tasks so far may be of long ago */
                    :: break
                    od;
#ifdef NOLEDGER
                    skip;
#else
                    ledger[k] = ORDERED;
#endif
                    d_step {
                        state[k] = INTENT;
                        open[k] = true;
                        i = 0;
                        do
                        :: i < p -> before[i] = before[i] | (1 << k); i++
                        :: else -> break
                        od;
                        i = 0; p = 0
                    };
                    order[k] = SENT;
                    if
                    :: order[k] == MADE ->              /* the answer came */
                        d_step {
                            i = 0;
                            do
                            :: i >= tasks -> break
                            :: i < tasks && made_for[i] == k && !known[i] -> break
                            :: else -> i++
                            od;
                            assert(i < tasks);
                            task_of[k] = i;
                            known[i] = true;
                            state[k] = SUBMITTED;
                            forget(k)
                        }
                    :: order[k] == LOST ->              /* surely nothing was made */
#ifndef NOLEDGER
                        ledger[k] = CLOSED;
#endif
                        d_step {
                            state[k] = FREE;
                            order[k] = NONE;
                            forget(k)
                        }
                    :: order[k] == MADE || order[k] == LOST ->
                        processed[k] = true             /* the API's own error, to be settled */
#ifdef CONFLICTS
                    :: d_step { order[k] == MADE || order[k] == LOST ->
                        processed[k] = true; conflict[k] = true }
#endif
                    :: true                             /* the answer was lost, or is late */
                    fi
                :: else                                 /* settled by another meanwhile */
                fi;
#ifndef NOLOCK
                d_step { ordering = NOBODY; k = 0; q = NOTHING }
#endif
            :: else                                     /* done or asked about meanwhile */
            fi
        od
    } unless {
        killed[me];
        d_step {                                        /* what dies with a process */
            killed[me] = false;
            if
            :: ordering == me -> ordering = NOBODY
            :: else
            fi;
            i = 0;
            do
            :: i < K ->
                if
                :: owner[i] == me -> owner[i] = NOBODY
                :: else
                fi;
                i++
            :: else -> break
            od;
            i = 0; j = 0; p = 0; k = 0; q = NOTHING; strange = 0; fitting = 0; gone = 0;
            found = 0; alike = 0; explained = false
        };
        goto begin
    };

finished:
    over++
}

/* An order arrives now, later, or never. */
proctype Service(byte k) {
end:
    do
    :: order[k] == SENT ->
        if
        :: d_step {
               order[k] == SENT -> order[k] = MADE;
               bought[k]++;
               assert(bought[k] <= 1);                  /* never paid twice */
               make_task(k, KIND(k))
           }
        :: order[k] == SENT -> order[k] = LOST
        fi
    :: d_step {
           late[k] > 0 -> late[k]--;
           bought[k]++;
           assert(bought[k] <= 1);
           make_task(k, KIND(k))
       }
    od
}

proctype Others() {
    byte made = 0;
end:
    do
    :: d_step { made < FOREIGN -> made++; make_task(OTHERS, 0) }
#if KINDS > 1
    :: d_step { made < FOREIGN -> made++; make_task(OTHERS, 1) }
#endif
    :: d_step { made < FOREIGN -> made++; make_task(OTHERS, OTHER_KIND) }
    :: made == FOREIGN -> break
    od
}

proctype Killer() {
end:
    do
    :: d_step { crashes < CRASHES && !killed[0] && over < N -> crashes++; killed[0] = true }
#if N > 1
    :: d_step { crashes < CRASHES && !killed[1] && over < N -> crashes++; killed[1] = true }
#endif
#if N > 2
    :: d_step { crashes < CRASHES && !killed[2] && over < N -> crashes++; killed[2] = true }
#endif
    :: crashes == CRASHES -> break
    od
}

/* The state database is emptied, removed or replaced: journal.py goes by the ledger. */
proctype Loser() {
    byte i;
end:
    do
    :: d_step {
           losses < LOSSES && over < N ->
           losses++;
           i = 0;
           do
           :: i < K ->
               owner[i] = NOBODY;
               open[i] = false; looked[i] = false; processed[i] = false; conflict[i] = false;
               if
               :: picture[i] != NOTHING -> state[i] = DONE
               :: picture[i] == NOTHING && ledger[i] == BOUGHT ->
                   state[i] = SUBMITTED; task_of[i] = entered[i]
               :: picture[i] == NOTHING && ledger[i] == ORDERED ->
                   state[i] = INTENT; open[i] = true; task_of[i] = NOTHING
               :: else -> state[i] = FREE; task_of[i] = NOTHING
               fi;
               i++
           :: else -> break
           od;
           i = 0;
           do
           :: i < T -> known[i] = written[i]; asked[i] = false; seen[i] = 0; i++
           :: else -> break
           od;
           i = 0
       }
    :: losses == LOSSES -> break
    od
}

/* When all builds are over: nothing that was paid for is lost. */
proctype Ledger() {
    byte i = 0;
end:
    over == N;
    do
    :: i < K ->
        /* what was asked about, and lost then, is the next build's to settle */
        assert(DECIDED(i) || (losses > 0 && (state[i] == INTENT || bought[i] == 0)));
        assert(state[i] != DONE || picture[i] != NOTHING);
        assert(bought[i] == 0 || state[i] != DONE || made_for[picture[i]] == i);
        i++
    :: else -> break
    od
}

init {
    byte p = 0;
    atomic {
        do
        :: p < N -> run Owner(p); p++
        :: else -> break
        od;
        p = 0;
        do
        :: p < K -> run Service(p); p++
        :: else -> break
        od;
        run Others();
        run Killer();
#if LOSSES > 0
        run Loser();
#endif
        run Ledger()
    }
}
