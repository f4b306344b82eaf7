//! The lines of the book as they stand: `in` and `out` are plain variables.

use super::bodies::{bounded, one_each};
use super::exercise::{Exercise, Found};

pub(super) const EXERCISE: Exercise = Exercise {
    name: "plain-counters",
    mistake: "`in` and `out` are plain variables, as in the book",
    explanation: "\
The book's lines are right on a machine that does one access after the other, as they are written.\n\
A compiler may keep a plain variable in a register, so that a loop never sees it change, and may\n\
swap two writes; a processor may show them to another one in the other order. Then the consumer\n\
sees `in` move before the item is there. In C and Rust two accesses of a plain variable, one of\n\
them a write, that nothing orders are a race: the program has no meaning, whatever it does today.",
    repair: "atomic variables, and an order between the item and the index",
    found: Found::Race,
    broken: || one_each::<broken::Buffer>("plain-counters"),
    repaired: || {
        one_each::<repaired::Buffer>("plain-counters, repaired")
            .outcomes(["[1] came out at once", "[1, 2] came out at once"])
    },
    file: file!(),
    source: include_str!("plain_counters.rs"),
};

mod broken {
    use super::super::bodies::{Plain, read, write};
    use super::bounded;

    // lab: broken
    const BUFFER_SIZE: u32 = 2; // one slot stays empty

    pub(super) struct Buffer {
        r#in: Plain,
        out: Plain,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let r#in = read(&self.r#in);
            if (r#in + 1) % BUFFER_SIZE == read(&self.out) {
                return false; // full
            }
            write(&self.buffer[r#in as usize], item);
            write(&self.r#in, (r#in + 1) % BUFFER_SIZE);
            true
        }

        fn consume(&self) -> Option<u32> {
            let out = read(&self.out);
            if out == read(&self.r#in) {
                return None; // empty
            }
            let item = read(&self.buffer[out as usize]);
            write(&self.out, (out + 1) % BUFFER_SIZE);
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
