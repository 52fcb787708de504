/* How orders are paid for once: the protocol of pbfigure/scheduler, for exhaustive checking.

   N makers (builds) of one machine share a journal and want the same K keys. Any of them may be
   killed between any two steps, CRASHES times in all, and begins anew. An order may arrive late or
   never, its answer may be lost. FOREIGN tasks of others appear in the list at any time, of our
   kind or of another. README.md says what is checked, and what is taken for granted.

   Spin options: -DN= -DK= -DCRASHES= -DFOREIGN= -DNOGRACE -DNOLOCK
*/

#ifndef N
#define N 2
#endif
#ifndef K
#define K 2
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef FOREIGN
#define FOREIGN 1
#endif

#define DECIDED(k) (state[k] == DONE || state[k] == UNKNOWN)
#if K == 1
#define ALL_DECIDED DECIDED(0)
#elif K == 2
#define ALL_DECIDED (DECIDED(0) && DECIDED(1))
#else
#define ALL_DECIDED (DECIDED(0) && DECIDED(1) && DECIDED(2))
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

/* the journal and the cache, on the disk: survive every crash */
byte state[K] = FREE;
byte owner[K] = NOBODY;
byte task_of[K] = NOTHING;
bool adopted[K] = false;
byte picture[K] = NOTHING;      /* the task whose picture the cache has */
byte question = NOTHING;
bool looked = false;            /* the question was looked at once; its grace runs */
bool known[T] = false;          /* tasks written down for a key of this machine */
bool seen[T] = false;           /* strangers at the first look */

/* held by processes that live: freed by a crash */
byte asking = NOBODY;

/* the service */
byte tasks = 0;
byte made_for[T] = NOTHING;           /* whose a task is: a key of ours, or OTHERS */
bool fits[T] = false;           /* whether it is of the kind of our orders */
bool before[T] = false;         /* made before the question was put: near enough, or not */
byte order[K] = NONE;
byte late[K] = 0;               /* orders that were given up, and may arrive all the same */
byte bought[K] = 0;

/* the environment */
byte crashes = 0;
bool killed[N] = false;
byte over = 0;

inline make_task(whom, alike) {
    made_for[tasks] = whom;
    fits[tasks] = alike;
    tasks++
}

inline forget() {               /* before the next question, so that equal states are one state */
    i = 0;
    do
    :: i < T -> before[i] = false; seen[i] = false; i++
    :: else -> break
    od;
    looked = false;
    i = 0
}

/* question.py, the task list read whole: how many strangers, and of them that fit; one of those */
inline read_list() {
    strangers = 0; fitting = 0; gone = 0; found = 0; i = 0;
    do
    :: i < T ->
        if
        :: i < tasks && !known[i] && (!before[i] || near) ->
            strangers++;
            if
            :: fits[i] -> fitting++; found = i
            :: else
            fi
        :: else ->
            if
            :: seen[i] && !known[i] -> gone++
            :: else
            fi
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

inline note_strangers() {
    i = 0;
    do
    :: i < tasks -> seen[i] = (!known[i] && (!before[i] || near)); i++
    :: else -> break
    od;
    i = 0
}

proctype Maker(byte me) {
    byte k, i, strangers, fitting, gone, found;
    bool near;

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
                /* collection.py: the picture reaches the cache before the entry is closed */
                d_step {
                    assert(picture[k] == NOTHING || picture[k] == task_of[k]);
                    picture[k] = task_of[k];
                    /* never another's picture: a foreign one at most, and marked as adopted */
                    assert(made_for[picture[k]] == k || (adopted[k] && made_for[picture[k]] == OTHERS));
                    assert(FOREIGN > 0 || made_for[picture[k]] == k)
                };
                d_step { state[k] = DONE; owner[k] = NOBODY; k = 0 }
            :: state[k] == FREE || state[k] == INTENT ->
#ifndef NOLOCK
                atomic { asking == NOBODY -> asking = me };
#endif
                if
                :: question != NOTHING ->
                    if
                    :: near = true
                    :: near = false
                    fi;
                    if
                    :: !looked ->
                        d_step { note_strangers(); looked = true; near = false }
                    :: looked ->
#ifndef NOGRACE
                        /* the grace: by then an order has arrived, or never will */
                        question == NOTHING || order[question] != SENT;
#endif
                        d_step {
                            if
                            :: question != NOTHING && state[question] == INTENT ->
                                read_list();
                                if
                                :: strangers == 0 && gone == 0 ->           /* Repost */
                                    state[question] = FREE;
                                    if
                                    :: order[question] == SENT -> late[question]++
                                    :: else
                                    fi;
                                    order[question] = NONE
                                :: fitting == 1 && strangers == 1 && gone == 0 -> /* Adopt */
                                    state[question] = SUBMITTED;
                                    task_of[question] = found;
                                    adopted[question] = true;
                                    known[found] = true
                                :: else ->                                  /* Ask */
                                    state[question] = UNKNOWN;
                                    assert(FOREIGN > 0)
                                fi;
                                question = NOTHING;
                                forget()
                            :: else
                            fi;
                            strangers = 0; fitting = 0; gone = 0; found = 0; near = false
                        }
                    fi
                :: question == NOTHING && state[k] == FREE && owner[k] == me ->
                    /* submission.py: written down, then sent, then the answer written down */
                    d_step {
                        state[k] = INTENT;
                        question = k;
                        looked = false;
                        i = 0;
                        do
                        :: i < tasks -> before[i] = true; i++
                        :: else -> break
                        od;
                        i = 0
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
                            question = NOTHING;
                            forget()
                        }
                    :: order[k] == LOST ->              /* surely nothing was made */
                        d_step {
                            state[k] = FREE;
                            order[k] = NONE;
                            question = NOTHING;
                            forget()
                        }
                    :: true                             /* the answer was lost, or is late */
                    fi
                :: else                                 /* settled by another meanwhile */
                fi;
#ifndef NOLOCK
                d_step { asking = NOBODY; k = 0 }
#endif
            :: else                                     /* done or asked about meanwhile */
            fi
        od
    } unless {
        killed[me];
        d_step {                                        /* what dies with a process */
            killed[me] = false;
            if
            :: asking == me -> asking = NOBODY
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
            i = 0; k = 0; strangers = 0; fitting = 0; gone = 0; found = 0; near = false
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
               make_task(k, true)
           }
        :: order[k] == SENT -> order[k] = LOST
        fi
    :: d_step {
           late[k] > 0 -> late[k]--;
           bought[k]++;
           assert(bought[k] <= 1);
           make_task(k, true)
       }
    od
}

proctype Others() {
    byte made = 0;
end:
    do
    :: d_step { made < FOREIGN -> made++; make_task(OTHERS, true) }
    :: d_step { made < FOREIGN -> made++; make_task(OTHERS, false) }
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

/* When all builds are over: nothing that was paid for is lost. */
proctype Ledger() {
    byte i = 0;
end:
    over == N;
    do
    :: i < K ->
        assert(DECIDED(i));
        assert(state[i] == UNKNOWN || picture[i] != NOTHING);
        assert(bought[i] == 0 || state[i] == UNKNOWN || made_for[picture[i]] == i);
        i++
    :: else -> break
    od
}

init {
    byte p = 0;
    atomic {
        do
        :: p < N -> run Maker(p); p++
        :: else -> break
        od;
        p = 0;
        do
        :: p < K -> run Service(p); p++
        :: else -> break
        od;
        run Others();
        run Killer();
        run Ledger()
    }
}
