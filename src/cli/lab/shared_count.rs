//! A count that both sides change, each by a load and a store.

use super::bodies::{bounded, one_each};
use super::exercise::{Exercise, Found};

pub(super) const EXERCISE: Exercise = Exercise {
    name: "shared-count",
    mistake: "`count` is incremented by one side and decremented by the other",
    explanation: "\
With a count of the items every slot can be filled. But `count = count + 1` is a load, an addition\n\
and a store, and the other side does its own between them: both load 1, one stores 2, the other 0,\n\
and whoever stores last undoes what the other one did. An item is lost, or one is taken that is not\n\
there. That each load and each store is atomic does not help: the three steps together are not.\n\
(A load that reads an old value, as the run below may have it, is like one that was done earlier.)",
    repair: "an addition that is one step, whoever else adds",
    found: Found::Discipline,
    broken: || one_each::<broken::Buffer>("shared-count"),
    repaired: || {
        one_each::<repaired::Buffer>("shared-count, repaired")
            .bound(3)
            .outcomes(["[1] came out at once", "[1, 2] came out at once"])
    },
    file: file!(),
    source: include_str!("shared_count.rs"),
};

mod broken {
    use super::super::bodies::{Plain, Word, read, write};
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::{Acquire, Release};

    // lab: broken
    const BUFFER_SIZE: u32 = 2; // every slot can be filled

    pub(super) struct Buffer {
        r#in: Plain, // the producer's alone
        out: Plain,  // the consumer's alone
        count: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            let count = self.count.load(Acquire);
            if count == BUFFER_SIZE {
                return false; // full
            }
            let r#in = read(&self.r#in);
            write(&self.buffer[r#in as usize], item);
            write(&self.r#in, (r#in + 1) % BUFFER_SIZE);
            self.count.store(count + 1, Release);
            true
        }

        fn consume(&self) -> Option<u32> {
            let count = self.count.load(Acquire);
            if count == 0 {
                return None; // empty
            }
            let out = read(&self.out);
            let item = read(&self.buffer[out as usize]);
            write(&self.out, (out + 1) % BUFFER_SIZE);
            self.count.store(count - 1, Release);
            Some(item)
        }
    }
    // lab: end

    bounded!(r#in, out, count);
}

mod repaired {
    use super::super::bodies::{Plain, Word, read, write};
    use super::bounded;
    use aqueduct::platform::Atomic;
    use aqueduct::platform::Ordering::{Acquire, Release};

    // lab: repaired
    const BUFFER_SIZE: u32 = 2; // every slot can be filled
    const MINUS_ONE: u32 = u32::MAX; // added, it wraps around

    pub(super) struct Buffer {
        r#in: Plain, // the producer's alone
        out: Plain,  // the consumer's alone
        count: Word,
        buffer: [Plain; BUFFER_SIZE as usize],
    }

    impl Buffer {
        fn produce(&self, item: u32) -> bool {
            if self.count.load(Acquire) == BUFFER_SIZE {
                return false; // full
            }
            let r#in = read(&self.r#in);
            write(&self.buffer[r#in as usize], item);
            write(&self.r#in, (r#in + 1) % BUFFER_SIZE);
            self.count.fetch_add(1, Release);
            true
        }

        fn consume(&self) -> Option<u32> {
            if self.count.load(Acquire) == 0 {
                return None; // empty
            }
            let out = read(&self.out);
            let item = read(&self.buffer[out as usize]);
            write(&self.out, (out + 1) % BUFFER_SIZE);
            self.count.fetch_add(MINUS_ONE, Release);
            Some(item)
        }
    }
    // lab: end

    bounded!(r#in, out, count);
}
