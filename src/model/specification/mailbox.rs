//! A buffer whose messages are held before they are gone.

use super::Specification;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

/// A bounded first-in-first-out box for any number of senders and holders: a message that was
/// taken is held until it is released, and comes back to the front if its holder dies.
///
/// A held message still has its place, so the room is that of the released ones.
///
/// ```
/// use aqueduct::model::specification::{Specification, mailbox::{Answer, Call, Letter, Mailbox}};
///
/// let mut mailbox = Mailbox::new(1);
/// let mut expect = |call, answer| {
///     let (said, next) = mailbox.answers(&call).remove(0);
///     assert_eq!(said, answer);
///     mailbox = next;
/// };
/// expect(Call::Put('a'), Answer::Done);
/// expect(Call::Take(1), Answer::Letter(Letter { message: 'a', again: false }));
/// expect(Call::Put('b'), Answer::Full);
/// expect(Call::Die(1), Answer::Done);
/// expect(Call::Take(2), Answer::Letter(Letter { message: 'a', again: true }));
/// expect(Call::Release(2), Answer::Done);
/// expect(Call::Take(1), Answer::Empty);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox<T> {
    letters: VecDeque<Letter<T>>,
    /// By whom they are held.
    held: BTreeMap<u32, Letter<T>>,
    capacity: usize,
}

/// A message in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Letter<T> {
    /// What was put in.
    pub message: T,
    /// Whether somebody died who held it, and may have acted on it.
    pub again: bool,
}

/// What is asked of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call<T> {
    /// To put a message in.
    Put(T),
    /// To take the next letter, for the holder with this number, who holds none.
    Take(u32),
    /// To let go of the letter that this holder holds.
    Release(u32),
    /// The process with this number is killed.
    Die(u32),
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer<T> {
    /// Done.
    Done,
    /// A letter.
    Letter(Letter<T>),
    /// There is no room.
    Full,
    /// There is no letter but those that are held.
    Empty,
    /// Another call has to end first.
    Busy,
}

impl<T> Mailbox<T> {
    /// An empty mailbox for at most `capacity` messages.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Mailbox {
            letters: VecDeque::new(),
            held: BTreeMap::new(),
            capacity,
        }
    }

    /// Puts the letter of a dead holder back, if it had one.
    fn take_back(&mut self, holder: u32) {
        if let Some(letter) = self.held.remove(&holder) {
            let again = true;
            self.letters.push_front(Letter { again, ..letter });
        }
    }
}

impl<T: Clone + Eq + Hash + Debug> Specification for Mailbox<T> {
    type Call = Call<T>;
    type Answer = Answer<T>;

    /// None for a holder that takes a second letter or releases one that it does not hold.
    fn answers(&self, call: &Call<T>) -> Vec<(Answer<T>, Self)> {
        let mut next = self.clone();
        let answer = match call {
            Call::Put(_) if self.letters.len() + self.held.len() == self.capacity => Answer::Full,
            Call::Put(message) => {
                let message = message.clone();
                let again = false;
                next.letters.push_back(Letter { message, again });
                Answer::Done
            }
            Call::Take(holder) if self.held.contains_key(holder) => return Vec::new(),
            Call::Take(holder) => match next.letters.pop_front() {
                None => Answer::Empty,
                Some(letter) => {
                    next.held.insert(*holder, letter.clone());
                    Answer::Letter(letter)
                }
            },
            Call::Release(holder) => match next.held.remove(holder) {
                None => return Vec::new(),
                Some(_) => Answer::Done,
            },
            Call::Die(holder) => {
                next.take_back(*holder);
                Answer::Done
            }
        };
        vec![(answer, next)]
    }

    fn is_busy(&self, answer: &Answer<T>) -> bool {
        *answer == Answer::Busy
    }
}
