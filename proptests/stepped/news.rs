//! What survivor and victim tell each other beside the link: the first bytes of the object, which
//! outlive a kill.

use std::mem;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32};
use std::time::Duration;

use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::shm::Mapping;

/// The first bytes of the object; all zero at first.
#[repr(C)]
pub struct News {
    /// Which script the victim has.
    pub script: AtomicU32,
    /// The access before which it is killed.
    pub last: AtomicU32,
    /// 1 once it acts.
    acts: AtomicU32,
    /// How many messages it has sent or received.
    pub returned: AtomicU32,
    /// The length of the words below.
    len: AtomicU32,
    /// Where it was killed.
    words: [AtomicU8; 256],
}

impl News {
    pub fn of(mapping: &Mapping) -> &News {
        assert!(mem::size_of::<News>() <= mapping.len());
        // SAFETY: the bytes are mapped, aligned to a page, and used as this by everybody; all of
        // them are atomic.
        unsafe { &*mapping.as_ptr().cast() }
    }

    /// In the victim: it is about to act.
    pub fn begin(&self) {
        self.acts.store(1, Release);
        Native::wake(&self.acts);
    }

    /// Waits until the victim acts.
    pub fn await_begin(&self) {
        let deadline = Native::now() + Duration::from_secs(10);
        while self.acts.load(Acquire) == 0 && Native::now() < deadline {
            Native::wait_any(&[(&self.acts, 0)], Some(deadline));
        }
        assert!(
            Native::now() < deadline,
            "the victim does not begin, or wakes nobody"
        );
    }

    /// In the victim: where it is about to be killed.
    pub fn write(&self, words: &str) {
        assert!(words.len() <= self.words.len(), "a short path");
        for (place, byte) in self.words.iter().zip(words.bytes()) {
            place.store(byte, Relaxed);
        }
        let len = u32::try_from(words.len()).expect("it was checked");
        self.len.store(len, Release);
    }

    /// Where the victim was killed, if it was.
    pub fn read(&self) -> Option<String> {
        let len = self.len.load(Acquire) as usize;
        let bytes = self.words[..len].iter().map(|byte| byte.load(Relaxed));
        let words = String::from_utf8(bytes.collect()).expect("it was text");
        (len > 0).then_some(words)
    }
}
