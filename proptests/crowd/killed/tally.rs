//! What was sent and what was received, compared.

use super::notes::{Life, Notes};
use super::{Message, Taken};

/// What was received of what was sent.
pub struct Tally {
    /// For certain.
    pub sent: usize,
    /// Marked as perhaps received before.
    pub again: usize,
    /// Sent for certain, and not received.
    pub missing: usize,
}

/// How a message came: as a new one, as one that may have come before.
#[derive(Clone, Copy, Default)]
struct Came {
    new: bool,
    again: bool,
}

impl Tally {
    /// Of so many lives, and of what was left in the end.
    ///
    /// # Panics
    ///
    /// If a message came that was never sent, or came twice, or came before an earlier one of its
    /// life.
    pub fn of(notes: &Notes, lives: usize, rest: Vec<Taken>, seed: u64) -> Tally {
        let all: Vec<Life<'_>> = (0..lives).map(|life| notes.life(life)).collect();
        let perhaps_sent = all.iter().map(|life| small(life.perhaps_sent()));
        let mut came: Vec<_> = perhaps_sent.map(|n| vec![Came::default(); n]).collect();
        for received in all.iter().map(Life::received).chain([rest]) {
            let mut next = vec![0; lives];
            for taken in received {
                add(taken, &mut came, &mut next, seed);
            }
        }
        let again = came.iter().flatten().filter(|came| came.again).count();
        let certain = all.iter().map(|life| small(life.sent()));
        let (mut sent, mut missing) = (0, 0);
        for (came, certain) in came.iter().zip(certain) {
            let lost = came[..certain].iter().filter(|one| !one.new && !one.again);
            sent += certain;
            missing += lost.count();
        }
        Tally {
            sent,
            again,
            missing,
        }
    }
}

/// A message that somebody received, for whom `next` has the least number that may come of each
/// life.
fn add(taken: Taken, came: &mut [Vec<Came>], next: &mut [usize], seed: u64) {
    let (life, number) = parts(taken.message);
    let of_life = came.get_mut(life);
    let came = of_life.and_then(|life| life.get_mut(number));
    let came = came.unwrap_or_else(|| panic!("{taken:x?} was never sent; seed {seed}"));
    if taken.again {
        came.again = true;
        return;
    }
    assert!(!came.new, "{taken:x?} came twice; seed {seed}");
    let least = std::mem::replace(&mut next[life], number + 1);
    assert!(least <= number, "{taken:x?} came late; seed {seed}");
    came.new = true;
}

/// The life that sent it, and its number.
fn parts(message: Message) -> (usize, usize) {
    (small(message >> 32), small(message & u64::from(u32::MAX)))
}

fn small(number: u64) -> usize {
    usize::try_from(number).expect("it is small")
}
