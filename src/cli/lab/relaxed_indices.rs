//! The indices are atomic, and order nothing.

use super::bodies::{bounded, one_each};
use super::exercise::{Exercise, Found};

pub(super) const EXERCISE: Exercise = Exercise {
    name: "relaxed-indices",
    mistake: "`in` and `out` are atomic and relaxed, and order nothing else",
    explanation: "\
An atomic variable is never torn, and its changes are seen in their order. A relaxed one says\n\
nothing of other variables: that the consumer sees the new `in` does not mean that it sees the item\n\
which was written before. On x86-64 it mostly works, on ARM it fails now and then, and a compiler\n\
may swap the lines on either. The same holds for `out`: the producer may write into a slot that\n\
the consumer still reads. So the slots are what two threads touch with no order between them.",
    repair: "a store that releases, and a load that acquires what was released",
    found: Found::Race,
    broken: || one_each::<broken::Buffer>("relaxed-indices"),
    repaired: || {
        one_each::<repaired::Buffer>("relaxed-indices, repaired")
            .outcomes(["[1] came out at once", "[1, 2] came out at once"])
    },
    file: file!(),
    source: include_str!("relaxed_indices.rs"),
};

mod broken {
    use super::super::bodies::{Plain, Word, read, write};
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::Relaxed;

    // lab: broken
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
        r#in: Word,
        out: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = self.r#in.load(Relaxed); // nobody else writes it
            if (r#in + 1) % BUFFER_SIZE == self.out.load(Relaxed) {
                return false; // full
            }
            write(&self.buffer[r#in as usize], item);
            self.r#in.store((r#in + 1) % BUFFER_SIZE, Relaxed);
            true
        }

        fn consume(&self) -> Option<u32> {
            let out = self.out.load(Relaxed); // nobody else writes it
            if out == self.r#in.load(Relaxed) {
                return None; // empty
            }
            let item = read(&self.buffer[out as usize]);
            self.out.store((out + 1) % BUFFER_SIZE, Relaxed);
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
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
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
            true
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
