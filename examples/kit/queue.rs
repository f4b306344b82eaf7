//! A bounded queue of many producers and consumers (Vyukov, 1024cores.net).

use aqueduct::model::{self, Machine, Model};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};
use std::cmp::Ordering::{Equal, Greater, Less};
use std::sync::Arc;

/// A power of two, and more than one.
const SLOTS: u32 = 2;

pub struct Queue<P: Platform> {
    head: P::AtomicU32,
    tail: P::AtomicU32,
    slots: [Slot<P>; SLOTS as usize],
}

struct Slot<P: Platform> {
    /// The position that may be pushed here, or the one after that which may be popped.
    sequence: P::AtomicU32,
    message: P::Cell<u32>,
}

// SAFETY: whoever has claimed a position owns its slot's message until the next store of `sequence`.
unsafe impl<P: Platform> Sync for Queue<P> {}
// SAFETY: as above.
unsafe impl<P: Platform> Send for Queue<P> {}

impl<P: Platform> Queue<P> {
    /// An empty queue.
    pub fn new() -> Self {
        Queue {
            head: Atomic::new(0),
            tail: Atomic::new(0),
            slots: [0, 1].map(|position| Slot {
                sequence: Atomic::new(position),
                message: Cell::new(0),
            }),
        }
    }

    /// Claims the position that `end` names, `position` when it was looked at last, once the slot
    /// there has come to `ahead` of it.
    fn claim(&self, end: &P::AtomicU32, mut position: u32, ahead: u32) -> Option<(u32, &Slot<P>)> {
        loop {
            let slot = &self.slots[position as usize % self.slots.len()];
            let sequence = slot.sequence.load(Acquire);
            let expected = position.wrapping_add(ahead);
            match sequence.wrapping_sub(expected).cast_signed().cmp(&0) {
                Less => return None,
                Greater => position = end.load(Relaxed),
                Equal => {
                    let next = position.wrapping_add(1);
                    match end.compare_exchange(position, next, Relaxed, Relaxed) {
                        Ok(_) => return Some((position, slot)),
                        Err(found) => position = found,
                    }
                }
            }
        }
    }

    /// Pushes, unless the queue is full.
    pub fn push(&self, message: u32) -> bool {
        let Some((position, slot)) = self.claim(&self.tail, self.tail.load(Relaxed), 0) else {
            return false;
        };
        // SAFETY: the position is claimed.
        slot.message.with_mut(|slot| unsafe { *slot = message });
        slot.sequence.store(position.wrapping_add(1), Release);
        true
    }

    /// Pops, unless the queue is empty.
    pub fn pop(&self) -> Option<u32> {
        let (position, slot) = self.claim(&self.head, self.head.load(Relaxed), 1)?;
        // SAFETY: the position is claimed.
        let message = slot.message.with(|slot| unsafe { *slot });
        slot.sequence.store(position.wrapping_add(SLOTS), Release);
        Some(message)
    }
}

type Shared = Arc<Queue<Machine>>;

/// All that is left, when nobody else acts.
fn rest(queue: &Shared) -> Vec<u32> {
    std::iter::from_fn(|| queue.pop()).take(4).collect()
}

/// A producer may be killed; what another one has pushed comes out.
pub fn producer_dies() -> Model {
    Model::new("a producer dies", || {
        let queue = Shared::new(Queue::new());
        let victim = model::process(1, {
            let queue = Arc::clone(&queue);
            move || queue.push(1)
        });
        let pushed = queue.push(2);
        victim.join();
        let popped = rest(&queue);
        assert!(
            !pushed || popped.contains(&2),
            "2 is pushed, and {popped:?} come out"
        );
    })
}

#[cfg(test)]
mod tests {
    use super::{Queue, Shared, producer_dies, rest};
    use crate::page::{caught, shows};
    use aqueduct::model::{self, Model, Sweep};
    use std::sync::Arc;

    /// One producer goes round the slots, a consumer pops meanwhile.
    fn laps() -> Model {
        Model::new("laps", || {
            let queue = Shared::new(Queue::new());
            let pushing = model::spawn({
                let queue = Arc::clone(&queue);
                move || [1, 2, 3].map(|message| queue.push(message))
            });
            let mut popped = Vec::from_iter(queue.pop());
            let pushed = pushing.join().unwrap();
            popped.extend(rest(&queue));
            let expected = (1..4).zip(pushed).filter(|one| one.1);
            assert!(
                expected.map(|one| one.0).eq(popped.iter().copied()),
                "{popped:?}"
            );
            popped.len()
        })
        .outcomes(["2", "3"])
    }

    /// Two producers meet.
    fn producers() -> Model {
        Model::new("producers", || {
            let queue = Shared::new(Queue::new());
            let pushing = model::spawn({
                let queue = Arc::clone(&queue);
                move || assert!(queue.push(1), "there is room")
            });
            assert!(queue.push(2), "there is room");
            pushing.join().unwrap();
            rest(&queue)
        })
        .outcomes(["[1, 2]", "[2, 1]"])
    }

    #[test]
    fn swept() {
        let sweep = Sweep::new("kit/queue.rs", [laps(), producers()]);
        assert_eq!(sweep.check().rows.len(), 4);
    }

    #[test]
    fn wedges() {
        producer_dies().check();
        shows(3, &caught(|| producer_dies().check_deaths(&[1])));
    }
}
