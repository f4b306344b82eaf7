//! A second producer on a buffer that is made for one.

use super::bodies::{bounded, two_producers};
use super::exercise::{Exercise, Found};

pub(super) const EXERCISE: Exercise = Exercise {
    name: "two-producers",
    mistake: "two producers use a buffer that is made for one",
    explanation: "\
The buffer is right for one producer and one consumer, because each index has one writer. With a\n\
second producer both can find the same slot free: both read the same `in`, both write their item\n\
there, and both move `in` on to the same place, so that one item is gone and nobody is told. To\n\
look whether there is room and to take it must be one step, or be done by one at a time. (The\n\
repair answers no to a second producer meanwhile. One that is killed in there blocks it for good.)",
    repair: "one producer at a time",
    found: Found::Race,
    broken: || two_producers::<broken::Buffer>("two-producers"),
    repaired: || {
        two_producers::<repaired::Buffer>("two-producers, repaired").outcomes([
            "[1] came out",
            "[2] came out",
            "[1, 2] came out",
            "[2, 1] came out",
        ])
    },
    file: file!(),
    source: include_str!("two_producers.rs"),
};

mod broken {
    use super::super::bodies::{Plain, Word, read, write};
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};

    // lab: broken
    const BUFFER_SIZE: u32 = 3; // one slot stays empty

    pub(super) struct Buffer {
        r#in: Word,
        out: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = self.r#in.load(Acquire);
            let room = (r#in + 1) % BUFFER_SIZE != self.out.load(Acquire);
            if room {
                write(&self.buffer[r#in as usize], item);
                self.r#in.store((r#in + 1) % BUFFER_SIZE, Release);
            }
            room
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

    bounded!(r#in, out);
}

mod repaired {
    use super::super::bodies::{Plain, Word, read, write};
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};

    // lab: repaired
    const BUFFER_SIZE: u32 = 3; // one slot stays empty

    pub(super) struct Buffer {
        busy: Word,
        r#in: Word,
        out: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            if self.busy.swap(1, Acquire) == 1 {
                return false; // another producer is at work
            }
            let r#in = self.r#in.load(Relaxed); // nobody else writes it now
            let room = (r#in + 1) % BUFFER_SIZE != self.out.load(Acquire);
            if room {
                write(&self.buffer[r#in as usize], item);
                self.r#in.store((r#in + 1) % BUFFER_SIZE, Release);
            }
            self.busy.swap(0, Release);
            room
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

    bounded!(busy, r#in, out);
}
