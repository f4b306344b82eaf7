//! This library's contestants.

mod growth;
mod links;
mod many;
mod pipes;
mod rings;

use super::contestant::{About, Contestant, Field};
use super::sides::Between;

/// Words that a ring of words holds.
const WORDS: usize = 1 << 16;

/// Blocks that a ring of blocks holds.
const BLOCKS: usize = 64;

/// All of them; the longest stream that is counted has `most` messages.
pub(super) fn all(most: u64) -> Vec<Contestant> {
    let mut all = rings::all();
    all.extend(links::all());
    all.extend(pipes::all());
    all.extend(many::all());
    all.extend(growth::all(most));
    all
}

fn about(between: Between, name: &str, settings: &str) -> About {
    About::new(Field::Ours, between, name, settings)
}
