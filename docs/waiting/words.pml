/* The words of a link, the bells, and the kernel's part of a sleep: what waiting.pml is made of. */

#define SENDER   0
#define RECEIVER 1

#ifndef CAPACITY        /* 1 or 2 */
#define CAPACITY 1
#endif
#define LAST 2          /* the length of a stream that ends */

/* Positions wrap at 4, which is more than the capacity. */
#define plus(start, count)    ((start + count) % 4)
#define since(later, earlier) ((later + 4 - earlier) % 4)
#define other(role)           (1 - role)

mtype:presence = { VACANT, PRESENT, CLOSED, SUSPECT };
mtype:purpose  = { PLACE, ALL_RECEIVED, PEER };          /* PLACE: room, or a message */
mtype:outcome  = { DONE, PENDING, SUSPENDED, IS_CLOSED, IS_DEAD, TIMED_OUT };

/* Shared memory. */
byte position[2];              /* tail, which the sender writes, and head, which the receiver does */
byte slots[CAPACITY];
bool bell[2];                  /* whether it is raised */
mtype:presence life[2] = VACANT;

/* The kernel: whose seat is locked, and who is queued on which word. */
bool lock[2];
bool on_bell[2];               /* this end, on its own bell */
bool on_life[2];               /* this end, on the life word of its peer */
bool marked[2];                /* the keeper thread of this end is dead */
bool killed[2];                /* all its threads are */

/* What an end wants, and for how much room a sender waits. Private, but properties speak of it. */
mtype:purpose want[2] = PLACE;
byte least = 1;

/* For the properties alone. */
bool acting[2];                /* it holds the seat and can still do something */
bool asleep[2];                /* in the kernel, until somebody wakes it */
bool ended[2];                 /* the last holder of the seat is gone */
bool early;                    /* a receiver left before the end of the stream */
bool follows;                  /* a successor takes the seat of whoever dies */

/* ---- Bells, in src/wait.rs ---- */

inline lower_and_wake() {
#ifdef BELL_LOWERED_AFTER_WAKE
  on_bell[peer] = false;
  bell[peer] = false
#else
  bell[peer] = false;
  on_bell[peer] = false        /* the kernel takes the sleeper off the word */
#endif
}

inline ring() {
  if
  :: bell[peer] -> lower_and_wake()
  :: else
  fi
}

/* ---- Going to sleep, in the kernel. The words are compared in order, each together with joining
        its queue; a word that differs, or a wake-up on one that was joined before, ends it. ---- */

#ifdef NO_COMPARE
#define refused_if(differs) refused = refused
#else
#define refused_if(differs) refused = refused || differs
#endif

#ifdef THREADS
#define watches (want[me] == PEER)
#else
#define watches (true)
#endif
#ifdef LIFE_NOT_WATCHED
#undef watches
#define watches (false)
#endif

inline join_bell() { refused_if(!bell[me]); on_bell[me] = !refused }

inline join_life() {
  refused_if((watches && life[peer] != seen));
  on_life[me] = watches && !refused;
  seen = VACANT
}

inline sleep() {
#ifdef BELL_COMPARED_FIRST
  d_step { join_bell() };
  d_step { join_life(); asleep[me] = !refused && !timer };
#else
  d_step { join_life() };
  d_step { join_bell(); asleep[me] = !refused && !timer };
#endif
  atomic {
    refused || timer || !on_bell[me] || watches && !on_life[me] ->
    asleep[me] = false; on_bell[me] = false; on_life[me] = false;
    refused = false; timer = false
  }
}
