//! Bytes that look random and are known anywhere, so that a file need not be kept to be checked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// A generator of random numbers: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators" (OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `AQUEDUCT_SEED`, to see a failure again, or by the clock.
    pub(crate) fn from_environment() -> (Random, u64) {
        let seed = std::env::var("AQUEDUCT_SEED").ok();
        let seed = seed.map(|seed| seed.parse().expect("a seed is a number"));
        let clock = || {
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
            now.expect("the clock is right").subsec_nanos().into()
        };
        let seed = seed.unwrap_or_else(clock);
        (Random(seed), seed)
    }

    pub(crate) fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one_of<T: Copy>(&mut self, these: &[T]) -> T {
        let index = self.below(these.len() as u64);
        these[usize::try_from(index).expect("an index")]
    }
}

fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// How much is made and compared at a time.
const BLOCK: usize = 1 << 20;

/// A stream of pseudo-random bytes: each word of it is a function of the seed and of its place, so
/// that a byte that is lost, doubled or moved is seen.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    seed: u64,
    pub(crate) length: u64,
}

impl Content {
    pub(crate) fn new(seed: u64, length: u64) -> Content {
        Content { seed, length }
    }

    /// The block that begins at `place`, a multiple of 8.
    fn block<'a>(&self, place: u64, block: &'a mut [u8]) -> &'a [u8] {
        let (words, _) = block.as_chunks_mut::<8>();
        for (word, number) in words.iter_mut().zip(place / 8..) {
            *word = mix(number ^ self.seed).to_le_bytes();
        }
        block
    }

    /// Calls `f` with one block after the other.
    fn blocks(&self, mut f: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut block = vec![0; BLOCK];
        let mut place = 0;
        while place < self.length {
            let rest = usize::try_from(self.length - place).unwrap_or(usize::MAX);
            f(&self.block(place, &mut block)[..rest.min(BLOCK)])?;
            place += BLOCK as u64;
        }
        Ok(())
    }

    pub(crate) fn write(&self, mut sink: impl Write) -> io::Result<()> {
        self.blocks(|block| sink.write_all(block))
    }

    /// Makes a file of it.
    pub(crate) fn make(&self, path: &Path) {
        let file = File::create(path).expect("a new file");
        self.write(file).expect("room for it");
    }

    /// Asserts that `source` gives all of it and no more.
    #[track_caller]
    pub(crate) fn expect_all(&self, source: impl Read) {
        assert_eq!(self.compare(source), self.length, "it is not whole");
    }

    /// Asserts that `source` gives a part of it from the beginning; returns how long that is.
    #[track_caller]
    pub(crate) fn compare(&self, mut source: impl Read) -> u64 {
        let mut read = vec![0; BLOCK];
        let mut length = 0;
        let compared = self.blocks(|block| {
            let here = fill(&mut source, &mut read[..block.len()])?;
            let (read, block) = (&read[..here], &block[..here]);
            if read != block {
                let same = read.iter().zip(block).take_while(|(a, b)| a == b).count();
                panic!("byte {} differs", length + same as u64);
            }
            length += here as u64;
            Ok(())
        });
        compared.expect("it can be read");
        let beyond = fill(&mut source, &mut read).expect("it can be read");
        length + beyond as u64
    }
}

/// Reads until `part` is full or nothing more comes.
fn fill(source: &mut impl Read, part: &mut [u8]) -> io::Result<usize> {
    let mut here = 0;
    while here < part.len() {
        match source.read(&mut part[here..])? {
            0 => break,
            more => here += more,
        }
    }
    Ok(here)
}
