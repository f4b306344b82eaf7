//! The task: a buffer for two numbers between one producer and one consumer, who may be killed or
//! stopped at any moment, and neither of whom ever waits.

use aqueduct::platform::Platform;

/// What is to be written, over any machine.
pub trait Queue<P: Platform>: 'static {
    /// The source file, as its path ends.
    const FILE: &'static str;

    /// An empty one.
    fn new() -> Self;

    /// Puts a number in; false if two are in it. Called by the producer.
    fn push(&self, number: u32) -> bool;

    /// Takes the first number out, if there is one. Called by the consumer.
    fn pop(&self) -> Option<u32>;
}
