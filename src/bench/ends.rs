//! What the ends of a channel can do, as far as a course asks for it.
//!
//! Each call waits until it is done, by spinning or by sleeping as the contestant says, and panics if that
//! cannot be: the sample fails then, and is reported.

use std::mem::MaybeUninit;
use std::ops::Range;

/// Sends numbers one by one.
pub trait SendWord {
    /// Sends one.
    fn send(&mut self, word: u64);
}

/// Receives numbers one by one.
pub trait RecvWord {
    /// Receives the next one.
    fn recv(&mut self) -> u64;
}

/// Sends many numbers at once.
pub trait SendBatch {
    /// Sends all of `words`, in order, in as few publications as suit it.
    fn send_batch(&mut self, words: Range<u64>);
}

/// Receives many numbers at once.
pub trait RecvBatch {
    /// Waits for one number at least, and calls `read` for all that are there, run by run.
    fn recv_batch(&mut self, read: impl FnMut(&[u64]));
}

/// Sends blocks of as many bytes as the course says.
pub trait SendBlock {
    /// Sends one, which `fill` writes, all of it: in place, where that can be.
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>]));
}

/// The bytes of a block that is to be filled.
#[inline]
pub fn bytes_of<const BYTES: usize>(
    block: &mut MaybeUninit<[u8; BYTES]>,
) -> &mut [MaybeUninit<u8>] {
    let bytes = (&raw mut *block).cast::<[MaybeUninit<u8>; BYTES]>();
    // SAFETY: it is as large, and asks for nothing.
    unsafe { &mut *bytes }
}

/// Receives blocks of as many bytes as the course says.
pub trait RecvBlock {
    /// Receives one, which `read` reads: in place, where that can be.
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R;
}

/// A queue that any number of threads share.
pub trait Queue: Clone + Send {
    /// Adds one number.
    fn push(&mut self, word: u64);
    /// Takes the next one.
    fn pop(&mut self) -> u64;
}

/// Two channels, there and back.
pub struct Duplex<S, R> {
    /// What goes to the other side,
    pub sender: S,
    /// and what comes from it.
    pub receiver: R,
}

impl<S: SendWord, R> SendWord for Duplex<S, R> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.sender.send(word);
    }
}

impl<S, R: RecvWord> RecvWord for Duplex<S, R> {
    #[inline]
    fn recv(&mut self) -> u64 {
        self.receiver.recv()
    }
}
