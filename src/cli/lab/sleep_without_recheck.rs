//! A consumer that looks, and then lies down, and does not look again.

use super::bodies::{bounded, one_waits};
use super::exercise::{Exercise, Found};

pub(super) const EXERCISE: Exercise = Exercise {
    name: "sleep-without-recheck",
    mistake: "the consumer sleeps without looking again",
    explanation: "\
Instead of waiting busily the consumer says that it sleeps, and sleeps until it is woken. The\n\
producer wakes only who says so. But between the look that finds the buffer empty and the word that\n\
says `asleep` the producer can put its item in, find nobody asleep, and wake nobody: the consumer\n\
sleeps beside an item, for good if no other comes. So the last look comes after the word. The two\n\
fences see to it that one of the two sees the other: the item is seen, or the sleeper is.",
    repair: "say it, look again, then sleep",
    found: Found::Deadlock,
    broken: || one_waits::<broken::Buffer>("sleep-without-recheck"),
    repaired: || {
        one_waits::<repaired::Buffer>("sleep-without-recheck, repaired").outcomes(["[1] came out"])
    },
    file: file!(),
    source: include_str!("sleep_without_recheck.rs"),
};

mod broken {
    use super::super::bodies::{Awaited, Plain, Word, read, write};
    use super::bounded;
    use aqueduct::model::Machine;
    use aqueduct::platform::Ordering::{Acquire, Relaxed, Release, SeqCst};
    use aqueduct::platform::{Atomic, Futex, Platform};

    // lab: broken
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
        asleep: Word,
        r#in: Word,
        out: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = self.r#in.load(Relaxed); // nobody else writes it
            if (r#in + 1) % BUFFER_SIZE == self.out.load(Acquire) {
                return false; // full
            }
            write(&self.buffer[r#in as usize], item);
            self.r#in.store((r#in + 1) % BUFFER_SIZE, Release);
            Machine::fence(SeqCst); // with the one in `wait`
            if self.asleep.load(Relaxed) == 1 {
                self.asleep.swap(0, Relaxed);
                Machine::wake(&self.asleep);
            }
            true
        }

        fn wait(&self) -> u32 {
            loop {
                if let Some(item) = self.consume() {
                    return item;
                }
                self.asleep.swap(1, Relaxed);
                Machine::fence(SeqCst); // with the one in `produce`
                Machine::wait_any(&[(&self.asleep, 1)], None);
            }
        }

        fn consume(&self) -> Option<u32> {
            let out = self.out.load(Relaxed); // nobody else writes it
            if out == self.r#in.load(Acquire) {
                return None; // empty
            }
            let item = read(&self.buffer[out as usize]);
            self.out.store((out + 1) % BUFFER_SIZE, Release);
            Some(item)
        }
    }
    // lab: end

    bounded!(r#in, out, asleep);

    impl Awaited for Buffer {
        fn wait(&self) -> u32 {
            Buffer::wait(self)
        }
    }
}

mod repaired {
    use super::super::bodies::{Awaited, Plain, Word, read, write};
    use super::bounded;
    use aqueduct::model::Machine;
    use aqueduct::platform::Ordering::{Acquire, Relaxed, Release, SeqCst};
    use aqueduct::platform::{Atomic, Futex, Platform};

    // lab: repaired
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
        asleep: Word,
        r#in: Word,
        out: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = self.r#in.load(Relaxed); // nobody else writes it
            if (r#in + 1) % BUFFER_SIZE == self.out.load(Acquire) {
                return false; // full
            }
            write(&self.buffer[r#in as usize], item);
            self.r#in.store((r#in + 1) % BUFFER_SIZE, Release);
            Machine::fence(SeqCst); // with the one in `wait`
            if self.asleep.load(Relaxed) == 1 {
                self.asleep.swap(0, Relaxed);
                Machine::wake(&self.asleep);
            }
            true
        }

        fn wait(&self) -> u32 {
            loop {
                self.asleep.swap(1, Relaxed);
                Machine::fence(SeqCst); // with the one in `produce`
                if let Some(item) = self.consume() {
                    return item;
                }
                Machine::wait_any(&[(&self.asleep, 1)], None);
            }
        }

        fn consume(&self) -> Option<u32> {
            let out = self.out.load(Relaxed); // nobody else writes it
            if out == self.r#in.load(Acquire) {
                return None; // empty
            }
            let item = read(&self.buffer[out as usize]);
            self.out.store((out + 1) % BUFFER_SIZE, Release);
            Some(item)
        }
    }
    // lab: end

    bounded!(r#in, out, asleep);

    impl Awaited for Buffer {
        fn wait(&self) -> u32 {
            Buffer::wait(self)
        }
    }
}
