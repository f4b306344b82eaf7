//! What a peer that lies writes: anything, and what may be believed.

use std::sync::atomic::Ordering::Relaxed;

use super::memory::{HEAD, TAIL, Words};
use crate::running::Random;

/// Where the other words of a link lie, in bytes from its first: the life words, the bells; and where the
/// messages begin.
const LIVES: [usize; 2] = [0, 256];
const BELLS: [usize; 2] = [128, 384];
pub const MESSAGES: usize = 768;

/// How many ways there are to lie.
pub const LIES: u64 = 8;

/// Values that a word may be believed to hold.
fn plausible(random: &mut Random, capacity: u64) -> u64 {
    let near = random.below(2 * capacity + 3);
    let base = random.one_of(&[0, 0, 1 << 32, u64::MAX - capacity, 1 << 63, u64::MAX]);
    base.wrapping_add(near)
}

/// Writes over the link, in one of the ways.
pub fn lie(memory: Words<'_>, capacity: u64, way: u64, random: &mut Random) {
    match way {
        0 => {
            for offset in (0..memory.len() - 7).step_by(8) {
                memory.word(offset).store(random.next(), Relaxed);
            }
        }
        1 => {
            let offset = random.below(memory.len() as u64);
            let offset = usize::try_from(offset).expect("an offset");
            let byte = random.below(256);
            memory.write_byte(offset, u8::try_from(byte).expect("a byte"));
        }
        2 => {
            let lives = [
                0,
                1 << 31,
                1 << 30,
                (1 << 31) + 7,
                (1 << 30) + 7,
                7,
                u64::MAX,
            ];
            let life = memory.word(random.one_of(&LIVES));
            life.store(random.one_of(&lives), Relaxed);
        }
        3 => {
            let bell = memory.word(random.one_of(&BELLS));
            bell.store(random.below(3), Relaxed);
        }
        4 => {
            // A position a little further, or back.
            let word = memory.word(random.one_of(&[TAIL, HEAD]));
            let moved = random.below(2 * capacity + 3).wrapping_sub(capacity);
            word.store(word.load(Relaxed).wrapping_add(moved), Relaxed);
        }
        5 => {
            let value = plausible(random, capacity);
            memory.word(TAIL).store(value, Relaxed);
            let behind = random.below(capacity + 2);
            memory.word(HEAD).store(value.wrapping_sub(behind), Relaxed);
        }
        6 => memory
            .word(random.one_of(&[TAIL, HEAD]))
            .store(plausible(random, capacity), Relaxed),
        _ => {
            // Lengths of records, too.
            for offset in MESSAGES..memory.len() {
                let byte = random.one_of(&[0, 0, 0, 1, 4, 255]);
                memory.write_byte(offset, byte);
            }
        }
    }
}
