//! What a peer that lies writes: anything, and what may be believed.

use std::sync::atomic::Ordering::Relaxed;

use aqueduct::platform::Platform as _;
use aqueduct::platform::native::Native;

use super::memory::{APART, POSITIONS, Side, Words};
use crate::running::Random;

/// Where the other words of a link lie, in bytes from its first: the life words, the bells.
const LIVES: [usize; 2] = [0, 256];
const BELLS: [usize; 2] = [128, 384];
const SIDES: [Side; 2] = [Side::Tail, Side::Head];

/// How many bytes of a link there are before the messages.
pub fn before_messages(memory: Words<'_>) -> usize {
    POSITIONS + SIDES.len() * memory.position(Side::Tail).len() * APART
}

/// How many ways there are to lie.
pub const LIES: u64 = 9;

/// Values that a word may be believed to hold.
fn plausible(random: &mut Random, capacity: u64) -> u64 {
    let near = random.below(2 * capacity + 3);
    let base = random.one_of(&[0, 0, 1 << 32, u64::MAX - capacity, 1 << 63, u64::MAX]);
    base.wrapping_add(near)
}

/// Writes over all words of a position.
fn store(memory: Words<'_>, side: Side, value: u64) {
    for word in memory.position(side) {
        word.store(value, Relaxed);
    }
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
            let moved = random.below(2 * capacity + 3).wrapping_sub(capacity);
            for word in memory.position(random.one_of(&SIDES)) {
                word.store(word.load(Relaxed).wrapping_add(moved), Relaxed);
            }
        }
        5 => {
            let value = plausible(random, capacity);
            store(memory, Side::Tail, value);
            let behind = random.below(capacity + 2);
            store(memory, Side::Head, value.wrapping_sub(behind));
        }
        6 => {
            // One word of a position, which leads elsewhere than the others.
            let mut words = memory.position(random.one_of(&SIDES));
            let one = random.below(words.len() as u64);
            let one = usize::try_from(one).expect("an index");
            let word = words.nth(one).expect("there are so many");
            word.store(plausible(random, capacity), Relaxed);
        }
        7 => {
            // Lengths of records, too.
            for offset in before_messages(memory)..memory.len() {
                let byte = random.one_of(&[0, 0, 0, 1, 4, 255]);
                memory.write_byte(offset, byte);
            }
        }
        _ => {
            // A position that leads on, from word to word.
            let [side, other] = random.one_of(&[SIDES, [Side::Head, Side::Tail]]);
            let from = memory.position(other).next().expect("there is one");
            let begin = from.load(Relaxed) / Native::STRETCH;
            let words: Vec<_> = memory.position(side).collect();
            for next in (begin..).take(words.len()) {
                let index = usize::try_from(next % words.len() as u64).expect("an index");
                let leads_to = next.wrapping_add(1).wrapping_mul(Native::STRETCH);
                words[index].store(leads_to, Relaxed);
            }
        }
    }
}
