//! Sleeps on all words at once, as any machine can.

use alloc::vec::Vec;
use core::ptr::NonNull;
use core::time::Duration;

use super::Poller;
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Futex};
use crate::wait::WATCHED;

/// How many words it sleeps on: the kernel's limit. With more it looks at all again after a while.
const MOST: usize = WATCHED + 1;
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A poller for a few links: each look is at all words.
pub struct Few<P: Futex> {
    armed: Vec<Armed<P>>,
}

/// A word, what it held, and whose it is.
struct Armed<P: Futex> {
    word: NonNull<P::AtomicU32>,
    value: u32,
    token: u64,
}

impl<P: Futex> Few<P> {
    /// Nothing is watched.
    #[must_use]
    pub fn new() -> Self {
        Self { armed: Vec::new() }
    }

    /// The words, and what they held.
    fn words(&self) -> impl Iterator<Item = (&P::AtomicU32, u32)> {
        // SAFETY: whoever armed them said that they stay while they are watched.
        let word = |armed: &Armed<P>| unsafe { &*armed.word.as_ptr() };
        self.armed
            .iter()
            .map(move |armed| (word(armed), armed.value))
    }
}

impl<P: Futex> Default for Few<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Futex> Poller<P> for Few<P> {
    unsafe fn arm(&mut self, token: u64, words: &[(&P::AtomicU32, u32)]) {
        let armed = words.iter().map(|&(word, value)| Armed {
            word: NonNull::from(word),
            value,
            token,
        });
        self.armed.extend(armed);
    }

    fn disarm(&mut self, token: u64) {
        self.armed.retain(|armed| armed.token != token);
    }

    fn woken(&mut self, tell: &mut dyn FnMut(u64)) {
        // Relaxed: the words say when to look, and the links what is there.
        let all = self.armed.iter().zip(self.words());
        let changed = all.filter(|(_, (word, value))| word.load(Relaxed) != *value);
        let woken: Vec<u64> = changed.map(|(armed, _)| armed.token).collect();
        self.armed.retain(|armed| !woken.contains(&armed.token));
        for token in woken {
            tell(token);
        }
    }

    fn submit(&mut self) -> bool {
        true
    }

    fn sleep(&mut self, deadline: Option<Duration>) {
        let words: Vec<_> = self.words().take(MOST).collect();
        let soon = (self.armed.len() > MOST).then(|| P::now().saturating_add(LOOK_AGAIN));
        let deadline = deadline.into_iter().chain(soon).min();
        P::wait_any(&words, deadline);
    }
}
