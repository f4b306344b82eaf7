/* How the two ends of a link wait for each other: src/wait.rs, src/life.rs and src/link, step by step.

   A statement or an atomic sequence is one access to shared memory, or one action of the kernel, with
   the private work around it. Memory is sequentially consistent here. What is switched on with -D,
   scenarios and mistakes, is explained in docs/waiting.md; docs/waiting/check runs it all. */

#include "words.pml"

/* ---- A try, in src/link.rs, sender.rs and receiver.rs ---- */

inline look_at_peer() {
  d_step {
    seen = life[peer];
    if
    :: seen == CLOSED -> answer = IS_CLOSED
    :: seen == PRESENT && want[me] == PEER -> answer = DONE
    :: else -> answer = PENDING
    fi
  };
  if
  :: seen == SUSPECT && want[me] != PEER ->
#ifdef SUSPICION_IS_BELIEVED
     answer = IS_DEAD
#else
     answer = (lock[peer] -> SUSPENDED : IS_DEAD)
#endif
  :: else
  fi
}

/* The messages, or the room, that the position of the peer shows as it was last seen. */
#ifdef ONE_TOO_MANY
#define most (CAPACITY + 1)
#else
#define most CAPACITY
#endif
#define known  (me == SENDER -> most - since(own, theirs) : since(theirs, own))
#define wanted (me == SENDER -> least : 1)

/* A receiver takes what is there before it hears of an end; a sender sends nothing to nobody. */
inline look_at_position() {
  d_step {
    if
    :: want[me] == PLACE && (me == RECEIVER || answer == PENDING || answer == SUSPENDED) ->
       theirs = (known < wanted -> position[peer] : theirs);
       answer = (known >= wanted -> DONE : answer)
    :: want[me] == ALL_RECEIVED ->
       theirs = position[peer];
       answer = (theirs == own -> DONE : answer)
    :: else
    fi
  }
}

inline try() {
#ifdef PEER_LOOKED_AT_LAST
  look_at_position();
  if
  :: answer != DONE -> look_at_peer()
  :: else
  fi
#else
  look_at_peer();
  look_at_position()
#endif
}

/* ---- The loop around a try, `wait` in src/wait.rs ---- */

#define undecided (answer == PENDING || answer == SUSPENDED)

inline wait() {
  do
  ::
#ifdef NO_RECHECK
     try();
     bell[me] = true;
#else
     bell[me] = true;
#ifdef NO_LAST_TRY
     if
     :: deadline -> answer = TIMED_OUT
     :: true -> try()
     fi;
#else
     try();
#endif
#endif
     if
     :: !undecided || deadline -> break         /* a deadline may have passed before the try */
     :: atomic { undecided ->
#ifdef NO_SECOND_LOOK
        timer = deadline;
#else
        timer = deadline || answer == SUSPENDED;
#endif
        answer = PENDING };
        sleep();
        try();                                  /* once, without the bell */
        if
        :: !undecided -> break
        :: undecided -> answer = PENDING
        fi
     fi
  od
}

/* ---- The two ends ---- */

/* What the keeper thread does, it does while it lives; a process without it is about to die. */
inline set_life(value) {
  atomic { !marked[me] -> life[me] = value };
  atomic { !marked[me] -> on_life[peer] = false }
}

inline sit_down() {
  atomic { !lock[me] -> lock[me] = true; acting[me] = true };
  set_life(PRESENT);
  own = position[me];
  theirs = position[peer];
#ifndef NO_RING_AFTER_SIT_DOWN
  ring()
#endif
}

inline leave() {
  set_life(CLOSED);
#ifndef NO_RING_AFTER_GOODBYE
  ring();
#endif
  lock[me] = false
}

/* Sends a batch into the room that is there, or receives all that is known to be there. */
inline use_slots() {
  d_step {
    answer = PENDING; seen = VACANT;
    last = plus(own, (me == SENDER -> least : since(theirs, own)) - 1);
    if
    :: me == SENDER -> slots[own % CAPACITY] = own; slots[last % CAPACITY] = last
    :: else -> assert(slots[own % CAPACITY] == own && slots[last % CAPACITY] == last)
    fi
  }
}

inline publish() { d_step { own = plus(last, 1); position[me] = own; last = 0 } }

inline act() {
  use_slots();
#ifdef BELL_LOOKED_AT_FIRST
  if
  :: bell[peer] -> publish(); lower_and_wake()
  :: else -> publish()
  fi
#else
#ifdef RING_ONLY_IF_NEEDED
  if
  :: known == CAPACITY -> publish(); ring()
  :: else -> publish()
  fi
#else
  publish();
  ring()
#endif
#endif
}

/* What an end does next; in a stream that does not end, it goes on. */
inline choose() {
  if
  :: leaving
#ifdef ENDLESS
  :: me == SENDER -> least = 1
  :: me == SENDER -> least = CAPACITY
#else
  :: !leaving && me == SENDER && own == LAST && want[me] == PLACE -> want[me] = ALL_RECEIVED
  :: me == SENDER && own == LAST && want[me] == PLACE -> leaving = true
  :: me == RECEIVER && want[me] == PLACE -> early = early || !leaving; leaving = true
#endif
  :: !leaving && (me == RECEIVER || own != LAST || want[me] != PLACE)
  fi
}

/* A call that waits for ever; one that does not wait, or waits until a deadline. */
inline call() {
  if
  :: wait()
#ifndef PATIENT
  :: try()
  :: deadline = true; wait(); deadline = false
#endif
  fi
}

/* Who hears of a goodbye while it waits for a successor tries once more: that one came and went. */
inline end_or_go_on() {
  if
  :: answer == DONE && want[me] == PEER -> want[me] = PLACE
  :: answer == DONE && want[me] == ALL_RECEIVED -> leaving = true
#ifdef GOODBYE_ENDS_A_WAIT_FOR_A_SUCCESSOR
  :: answer == IS_CLOSED -> leaving = true
#else
  :: answer == IS_CLOSED -> leaving = want[me] != PEER; want[me] = PLACE
#endif
  :: answer == IS_DEAD && follows -> want[me] = PEER
#ifndef ENDLESS
  :: answer == IS_DEAD -> early = early || follows; leaving = true
#endif
  :: undecided || answer == TIMED_OUT
  fi;
  answer = PENDING;
  seen = VACANT
}

proctype End(bit me) {
  bit peer = other(me);
  byte own, theirs, last;
  bool refused, timer, deadline, leaving;
  mtype:presence seen = VACANT;
  mtype:outcome answer = PENDING;
  {
    sit_down();
    do
    :: atomic {
         choose();
         if
         :: leaving -> break
         :: else
         fi
       };
       call();
       if
       :: answer == DONE && want[me] == PLACE -> act()
       :: atomic { answer != DONE || want[me] != PLACE -> end_or_go_on() }
       fi
    od;
    leave();
    atomic { acting[me] = false; ended[me] = true }
  } unless { killed[me] -> acting[me] = false };
  /* What is remembered after the end only makes more states. */
  d_step {
    own = 0; theirs = 0; last = 0; refused = false; timer = false; deadline = false; leaving = false;
    seen = VACANT; answer = PENDING; want[me] = PLACE
  }
}

/* The kernel at a death, which may come at any moment: the word on the robust list is marked and its
   sleeper woken while other threads still run; the lock is free when all are gone. */
proctype Kernel(bit victim) {
  if
  :: atomic {
       acting[victim] && (follows || life[victim] != VACANT) ->
       marked[victim] = true;
       life[victim] = (life[victim] == PRESENT -> SUSPECT : life[victim])
     };
#ifdef CLOSED_NAMES_SOMEBODY
     on_life[other(victim)] = on_life[other(victim)] && life[victim] != SUSPECT;
#else
     on_life[other(victim)] = false;
#endif
     killed[victim] = true;
     atomic {
       !acting[victim] ->
       on_bell[victim] = false; on_life[victim] = false; asleep[victim] = false;
       least = (victim == SENDER -> 1 : least);
       lock[victim] = false;
       if
       :: ended[victim]
       :: !ended[victim] && follows && life[victim] != CLOSED ->
          marked[victim] = false; killed[victim] = false;
          run End(victim)
       :: else ->
          early = early || victim == RECEIVER;
          ended[victim] = true
       fi
     }
  :: true               /* or never */
  fi
}

init {
#ifdef ENDLESS
  follows = true;
#else
  if
  :: follows = true
  :: follows = false
  fi;
#endif
  atomic {
    run End(SENDER);
    run End(RECEIVER);
#ifdef DIES
    run Kernel(DIES)
#endif
  }
}

/* What an end sleeps for has come; or, if it does not wait for a successor, it never will. */
#define filled  since(position[SENDER], position[RECEIVER])
#define there(r) (want[r] == PEER && life[other(r)] == PRESENT \
  || want[r] == ALL_RECEIVED && filled == 0 \
  || want[r] == PLACE && (r == SENDER && CAPACITY - filled >= least || r == RECEIVER && filled > 0))
#define over(r) (life[other(r)] == CLOSED \
  || want[r] != PEER && life[other(r)] == SUSPECT && !lock[other(r)])

#define wakes_up(r, condition) [] (asleep[r] && condition -> <> !asleep[r])
#define turns(r)               ([]<> (position[r] < 2) && []<> (position[r] >= 2))
#define both_ended             (ended[SENDER] && ended[RECEIVER])

ltl wakes    { wakes_up(SENDER, there(SENDER)) && wakes_up(RECEIVER, there(RECEIVER)) }
ltl learns   { wakes_up(SENDER, over(SENDER)) && wakes_up(RECEIVER, over(RECEIVER)) }
ltl goes_on  { turns(SENDER) && turns(RECEIVER) }
ltl ends     { <> both_ended }
ltl complete { [] (both_ended && !early -> filled == 0) }
