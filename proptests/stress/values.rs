//! Values whose drops are counted.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Counts how often each of its values was dropped.
pub struct Ledger(Vec<AtomicU32>);

impl Ledger {
    /// A ledger for so many values.
    pub fn new(count: u64) -> Self {
        Self((0..count).map(|_| AtomicU32::new(0)).collect())
    }

    /// The value with this number, which is made once.
    pub fn value(&self, number: u64) -> Value<'_> {
        Value {
            number: Box::new(number),
            ledger: self,
        }
    }

    /// To be called when everything is gone: the first `sent` values and what was returned, each once.
    /// No value behind the one that was refused was ever made.
    pub fn assert_each_was_dropped_once(&self, sent: u64) {
        for (drops, number) in self.0.iter().zip(0..) {
            let made = number <= sent;
            // Relaxed: whoever dropped them was joined.
            assert_eq!(drops.load(Relaxed), u32::from(made), "value {number}");
        }
    }
}

/// A number on the heap: whoever reads it without having been given it races.
pub struct Value<'a> {
    number: Box<u64>,
    ledger: &'a Ledger,
}

impl Value<'_> {
    /// Which value it is.
    pub fn number(&self) -> u64 {
        *self.number
    }
}

impl Drop for Value<'_> {
    fn drop(&mut self) {
        // Relaxed: a count, which orders nothing.
        self.ledger.0[usize::try_from(*self.number).unwrap()].fetch_add(1, Relaxed);
    }
}
