//! What the processes write down, in an object of their own, so that it outlives them.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use aqueduct::shm::{Mapping, Name, Object, Uid};

use super::Taken;

/// How many messages one process sends, and how many it receives, at the most.
const ROOM: usize = 20_000;

/// The words before those of lives: the capacity, stop.
const FRONT: usize = 2;
/// The words of a life before what it has received: how many messages it has perhaps sent, how many
/// for certain, how many received.
const OWN: usize = 3;

/// Marks a message that somebody may have received before.
const AGAIN: u64 = 1 << 63;

/// The notes of all.
pub struct Notes {
    mapping: Mapping,
}

/// Those of one process.
pub struct Life<'a>(&'a [AtomicU64]);

impl Notes {
    pub fn create(name: Name, capacity: usize, lives: usize) -> Notes {
        let len = 8 * (FRONT + lives * (OWN + ROOM));
        let object = Object::create(name, len, 0o600, |_| ()).expect("there is space");
        let notes = Notes::of(&object);
        notes.word(0).store(capacity as u64, SeqCst);
        notes
    }

    pub fn open(name: Name) -> Notes {
        Notes::of(&Object::open(name, Uid::effective()).expect("the parent made it"))
    }

    fn of(object: &Object) -> Notes {
        let len = object.len().expect("it can be asked");
        let len = usize::try_from(len).expect("it is small");
        let mapping = object.map(len).expect("it can be mapped");
        Notes { mapping }
    }

    fn words(&self) -> &[AtomicU64] {
        let first = NonNull::new(self.mapping.as_ptr()).expect("no mapping is at zero");
        let words = NonNull::slice_from_raw_parts(first.cast(), self.mapping.len() / 8);
        // SAFETY: so many words lie in the mapping, and all use them as atomic words.
        unsafe { words.as_ref() }
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        &self.words()[index]
    }

    pub fn capacity(&self) -> usize {
        usize::try_from(self.word(0).load(SeqCst)).expect("it was one")
    }

    pub fn stop(&self) {
        self.word(1).store(1, SeqCst);
    }

    pub fn stopped(&self) -> bool {
        self.word(1).load(SeqCst) != 0
    }

    pub fn life(&self, life: usize) -> Life<'_> {
        let first = FRONT + life * (OWN + ROOM);
        Life(&self.words()[first..first + OWN + ROOM])
    }
}

impl Life<'_> {
    /// Sends the next message by `push`, which says whether it went in. One that is killed meanwhile
    /// leaves open whether it has sent it.
    pub fn sends(&self, push: impl FnOnce(u64) -> bool) {
        let next = self.sent();
        self.0[0].store(next + 1, SeqCst);
        let sent = if push(next) { next + 1 } else { next };
        self.0[1].store(sent, SeqCst);
    }

    /// Whether it may send one more.
    pub fn sends_more(&self) -> bool {
        self.sent() < ROOM as u64
    }

    /// How many it has sent at the most.
    pub fn perhaps_sent(&self) -> u64 {
        self.0[0].load(SeqCst)
    }

    /// How many it has sent, for certain.
    pub fn sent(&self) -> u64 {
        self.0[1].load(SeqCst)
    }

    /// Whether it has done anything.
    pub fn has_begun(&self) -> bool {
        self.perhaps_sent() > 0
    }

    /// Whether one more can be written down.
    pub fn has_room(&self) -> bool {
        number(&self.0[2]) < ROOM
    }

    /// Writes down what it has received.
    pub fn receives(&self, Taken { message, again }: Taken) {
        let count = number(&self.0[2]);
        let mark = if again { AGAIN } else { 0 };
        self.0[OWN + count].store(message | mark, SeqCst);
        self.0[2].store(count as u64 + 1, SeqCst);
    }

    /// All that it has received.
    pub fn received(&self) -> Vec<Taken> {
        let messages = &self.0[OWN..][..number(&self.0[2])];
        let messages = messages.iter().map(|word| word.load(SeqCst));
        let taken = messages.map(|word| Taken {
            message: word & !AGAIN,
            again: word & AGAIN != 0,
        });
        taken.collect()
    }
}

/// The number in a word that is no message.
fn number(word: &AtomicU64) -> usize {
    usize::try_from(word.load(SeqCst)).expect("a small number")
}
