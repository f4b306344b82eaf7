//! What the fuzz targets do with bytes that a fuzzer, or the corpus, gives them.
//!
//! Each takes any bytes, and fails by a panic, a signal, or by taking too long.

pub mod attach;
pub mod buffers;
pub mod hand_over;
pub mod input;
pub mod link;
pub mod memory;
pub mod parse;
pub mod sum;

/// A target.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: [(&str, Target); 11] = [
    ("attach", attach::attach),
    ("frames", buffers::frames),
    ("hand_over", hand_over::hand_over),
    ("header", parse::header),
    ("link", link::link),
    ("mpmc", buffers::mpmc),
    ("name", parse::name),
    ("rendezvous", buffers::rendezvous),
    ("spsc", buffers::spsc),
    ("textbook", buffers::textbook),
    ("unbounded", buffers::unbounded),
];

/// Runs the target of this name.
///
/// # Panics
/// If there is none; or as the target does.
#[cfg_attr(test, expect(dead_code, reason = "the programs call it"))]
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = target.unwrap_or_else(|| panic!("there is no target {name}"));
    target(data);
}
