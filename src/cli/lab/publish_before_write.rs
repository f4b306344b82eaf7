//! The index says that an item is there before it is.

use super::bodies::{bounded, one_each};
use super::exercise::{Exercise, Found};

pub(super) const EXERCISE: Exercise = Exercise {
    name: "publish-before-write",
    mistake: "`in` moves on before the item is written",
    explanation: "\
Two lines of the producer stand in the wrong order: it says that there is an item, and then writes\n\
it. In between the consumer finds the buffer not empty, and takes what the slot held before. The\n\
orderings are strong enough, and do not help: what is released is what was written before the\n\
store. (The slots are atomic here, so that the mistake shows as a wrong item. With plain slots it\n\
is a race, and the item may be torn as well.)",
    repair: "first the item, then the index",
    found: Found::WrongItems,
    broken: || one_each::<broken::Buffer>("publish-before-write"),
    repaired: || {
        one_each::<repaired::Buffer>("publish-before-write, repaired")
            .outcomes(["[1] came out at once", "[1, 2] came out at once"])
    },
    file: file!(),
    source: include_str!("publish_before_write.rs"),
};

mod broken {
    use super::super::bodies::Word;
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};

    // lab: broken
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
        r#in: Word,
        out: Word,
        buffer: [Word; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = self.r#in.load(Relaxed); // nobody else writes it
            if (r#in + 1) % BUFFER_SIZE == self.out.load(Acquire) {
                return false; // full
            }
            self.r#in.store((r#in + 1) % BUFFER_SIZE, Release);
            self.buffer[r#in as usize].store(item, Relaxed);
            true
        }

        fn consume(&self) -> Option<u32> {
            let out = self.out.load(Relaxed); // nobody else writes it
            if out == self.r#in.load(Acquire) {
                return None; // empty
            }
            let item = self.buffer[out as usize].load(Relaxed);
            self.out.store((out + 1) % BUFFER_SIZE, Release);
            Some(item)
        }
    }
    // lab: end

    bounded!(r#in, out);
}

mod repaired {
    use super::super::bodies::Word;
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};

    // lab: repaired
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
        r#in: Word,
        out: Word,
        buffer: [Word; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = self.r#in.load(Relaxed); // nobody else writes it
            if (r#in + 1) % BUFFER_SIZE == self.out.load(Acquire) {
                return false; // full
            }
            self.buffer[r#in as usize].store(item, Relaxed);
            self.r#in.store((r#in + 1) % BUFFER_SIZE, Release);
            true
        }

        fn consume(&self) -> Option<u32> {
            let out = self.out.load(Relaxed); // nobody else writes it
            if out == self.r#in.load(Acquire) {
                return None; // empty
            }
            let item = self.buffer[out as usize].load(Relaxed);
            self.out.store((out + 1) % BUFFER_SIZE, Release);
            Some(item)
        }
    }
    // lab: end

    bounded!(r#in, out);
}
