//! Litmus shapes with the exact set of their outcomes, written by hand.
//!
//! Each is checked three ways: the hand-written set is what the axioms of RC11 allow, and what the
//! machine shows. Shapes that usually have two plain writers of a word (2+2W, R, S) have swaps
//! here, because of the word discipline.

use super::litmus_fences::MANY;

/// A name, a program, and its outcomes: values read in the order of the text, a colon, last values.
pub(crate) struct Litmus {
    pub(crate) name: &'static str,
    pub(crate) program: &'static str,
    pub(crate) outcomes: &'static str,
    /// The machine takes minutes for it.
    pub(crate) long: bool,
}

pub(crate) const fn litmus(
    name: &'static str,
    program: &'static str,
    outcomes: &'static str,
) -> Litmus {
    Litmus {
        name,
        program,
        outcomes,
        long: false,
    }
}

/// A shape that the machine takes long for.
pub(crate) const fn long(
    name: &'static str,
    program: &'static str,
    outcomes: &'static str,
) -> Litmus {
    Litmus {
        long: true,
        ..litmus(name, program, outcomes)
    }
}

/// The whole table.
pub(crate) fn table() -> impl Iterator<Item = &'static Litmus> {
    COHERENCE
        .iter()
        .chain(&PASSING)
        .chain(&BUFFERING)
        .chain(&UPDATES)
        .chain(&SEQUENCES)
        .chain(&MANY)
}

/// One word: all threads agree on the order of its values.
const COHERENCE: [Litmus; 5] = [
    litmus(
        "CoRR",
        "x=1 rlx; x=2 rlx | x rlx; x rlx",
        "00:2 01:2 02:2 11:2 12:2 22:2",
    ),
    litmus(
        "CoRR+updates",
        "x+1 rlx | x+1 rlx | x rlx; x rlx",
        "0100:2 0101:2 0102:2 0111:2 0112:2 0122:2 1000:2 1001:2 1002:2 1011:2 1012:2 1022:2",
    ),
    litmus("CoWR", "x=1 rlx; x rlx | x rlx", "10:1 11:1"),
    litmus("CoWW", "x=1 rlx; x=2 rlx | x rlx", "0:2 1:2 2:2"),
    litmus("CoRW", "x rlx; x+1 rlx | x+2 rlx", "001:3 020:3 220:3"),
];

/// A value and a flag; the last ones with a third thread between.
const PASSING: [Litmus; 15] = [
    litmus(
        "MP",
        "x=1 rlx; y=1 rlx | y rlx; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "MP+rel+acq",
        "x=1 rlx; y=1 rel | y acq; x rlx",
        "00:11 01:11 11:11",
    ),
    litmus(
        "MP+rel+rlx",
        "x=1 rlx; y=1 rel | y rlx; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "MP+rlx+acq",
        "x=1 rlx; y=1 rlx | y acq; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "MP+fences",
        "x=1 rlx; F rel; y=1 rlx | y rlx; F acq; x rlx",
        "00:11 01:11 11:11",
    ),
    litmus(
        "MP+fence+acq",
        "x=1 rlx; F rel; y=1 rlx | y acq; x rlx",
        "00:11 01:11 11:11",
    ),
    litmus(
        "MP+rel+fence",
        "x=1 rlx; y=1 rel | y rlx; F acq; x rlx",
        "00:11 01:11 11:11",
    ),
    litmus(
        "MP+sc",
        "x=1 rlx; F sc; y=1 rlx | y rlx; F sc; x rlx",
        "00:11 01:11 11:11",
    ),
    litmus(
        "MP+fence kinds exchanged",
        "x=1 rlx; F acq; y=1 rlx | y rlx; F rel; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "MP+guard",
        "x=1 rlx; y=1 rel | y acq; ?1; x rlx",
        "0-:11 11:11",
    ),
    litmus(
        "hand-over",
        "x=1 rlx; y=1 rel | y acq; ?1; x=2 rlx | x rlx",
        "00:11 01:11 10:21 11:21 12:21",
    ),
    litmus("LB", "x rlx; y=1 rlx | y rlx; x=1 rlx", "00:11 01:11 10:11"),
    litmus(
        "WRC",
        "x=1 rlx | x rlx; y=1 rlx | y rlx; x rlx",
        "000:11 001:11 010:11 011:11 100:11 101:11 110:11 111:11",
    ),
    litmus(
        "WRC+rel+acq",
        "x=1 rlx | x rlx; y=1 rel | y acq; x rlx",
        "000:11 001:11 010:11 011:11 100:11 101:11 111:11",
    ),
    litmus(
        "ISA2+rel+acq",
        "x=1 rlx; y=1 rel | y acq; z=1 rel | z acq; x rlx",
        "000:111 001:111 010:111 011:111 100:111 101:111 111:111",
    ),
];

/// A store and a later load of another word.
const BUFFERING: [Litmus; 9] = [
    litmus(
        "SB",
        "x=1 rlx; y rlx | y=1 rlx; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "SB+rel+acq",
        "x=1 rel; y acq | y=1 rel; x acq",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "SB+ar",
        "x=1 rlx; F ar; y rlx | y=1 rlx; F ar; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "SB+sc+ar",
        "x=1 rlx; F sc; y rlx | y=1 rlx; F ar; x rlx",
        "00:11 01:11 10:11 11:11",
    ),
    litmus(
        "SB+sc",
        "x=1 rlx; F sc; y rlx | y=1 rlx; F sc; x rlx",
        "01:11 10:11 11:11",
    ),
    litmus(
        "SB+swaps",
        "x<1 ar; y acq | y<1 ar; x acq",
        "0000:11 0001:11 0100:11 0101:11",
    ),
    litmus(
        "SB+updates",
        "x<1 ar; y+0 ar | y<1 ar; x+0 ar",
        "0001:11 0100:11 0101:11",
    ),
    litmus(
        "SB+updates relaxed",
        "x<1 rlx; y+0 rlx | y<1 rlx; x+0 rlx",
        "0001:11 0100:11 0101:11",
    ),
    litmus(
        "SB of three+sc",
        "x=1 rlx; F sc; y rlx | y=1 rlx; F sc; z rlx | z=1 rlx; F sc; x rlx",
        "001:111 010:111 011:111 100:111 101:111 110:111 111:111",
    ),
];

/// Read-modify-writes and compare-exchanges.
const UPDATES: [Litmus; 11] = [
    litmus(
        "2+2W+swaps",
        "x<1 rlx; y<2 rlx | y<1 rlx; x<2 rlx",
        "0101:22 0021:21 2100:12",
    ),
    litmus(
        "R+swaps",
        "x=1 rlx; y<1 rlx | y<2 rlx; x rlx",
        "010:12 011:12 200:11 201:11",
    ),
    litmus(
        "R+swaps+ar",
        "x=1 rlx; y<1 ar | y<2 ar; x rlx",
        "011:12 200:11 201:11",
    ),
    litmus(
        "R+swaps+sc",
        "x=1 rlx; F sc; y<1 rlx | y<2 rlx; F sc; x rlx",
        "011:12 200:11 201:11",
    ),
    litmus(
        "S+swaps",
        "x<2 rlx; y=1 rlx | y rlx; x<1 rlx",
        "002:11 012:11 100:21",
    ),
    litmus("CAS", "x0>1 rlx rlx | x0>2 rlx rlx", "01:1 20:2"),
    litmus(
        "CAS fails on an old value",
        "x+1 rlx | x1>5 rlx rlx",
        "00:1 01:5",
    ),
    litmus(
        "CAS fails on any old value",
        "x+1 rlx; x+1 rlx | x2>5 rlx rlx; x rlx",
        "0100:2 0101:2 0102:2 0111:2 0112:2 0125:5",
    ),
    litmus(
        "MP+failed CAS rlx",
        "x=1 rlx; y+1 rel | y2>3 rlx rlx; x rlx",
        "000:11 001:11 010:11 011:11",
    ),
    litmus(
        "MP+failed CAS acq",
        "x=1 rlx; y+1 rel | y2>3 acq acq; x rlx",
        "000:11 001:11 011:11",
    ),
    litmus(
        "hand-over by CAS",
        "x=1 rlx; y=1 rel | y1>2 acq acq; x rlx",
        "00:11 01:11 11:12",
    ),
];

/// Release sequences as in C++20.
const SEQUENCES: [Litmus; 5] = [
    litmus(
        "MP+update between",
        "x=1 rlx; y+1 rel | y+1 rlx | y acq; x rlx",
        "0100:12 0101:12 0111:12 0121:12 1000:12 1001:12 1010:12 1011:12 1021:12",
    ),
    litmus(
        "MP+plain store between",
        "x=1 rlx; y=1 rel; y=2 rlx | y acq; x rlx",
        "00:12 01:12 11:12 20:12 21:12",
    ),
    litmus(
        "MP+fence before two stores",
        "x=1 rlx; F rel; y=1 rlx; y=2 rlx | y acq; x rlx",
        "00:12 01:12 11:12 21:12",
    ),
    litmus(
        "MP+own update between",
        "x=1 rlx; y=1 rel; y+1 rlx | y acq; x rlx",
        "100:12 101:12 111:12 121:12",
    ),
    litmus(
        "MP+CAS between",
        "x=1 rlx; y+1 rel | y1>2 rlx rlx | y acq; x rlx",
        "0000:11 0001:11 0011:11 0100:12 0101:12 0111:12 0121:12",
    ),
];
