//! Memory of exactly the length of a structure, over which somebody writes.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use super::input::Input;

/// A block of bytes, used as atomic words alone.
pub struct Memory {
    block: NonNull<u8>,
    layout: Layout,
}

impl Memory {
    /// Zeros.
    pub fn new(layout: Layout) -> Self {
        // SAFETY: no structure is of no bytes.
        let block = unsafe { alloc_zeroed(layout) };
        let Some(block) = NonNull::new(block) else {
            handle_alloc_error(layout)
        };
        Self { block, layout }
    }

    /// Where it begins.
    pub fn block(&self) -> NonNull<u8> {
        self.block
    }

    /// Fills it with what comes next, as long as there is something.
    pub fn fill(&self, input: &mut Input<'_>) {
        for offset in 0..self.layout.size() {
            let Some(byte) = input.byte() else { return };
            self.byte(offset).store(byte, Relaxed);
        }
    }

    /// Writes over a byte or a word of it, or moves a word on.
    pub fn lie(&self, input: &mut Input<'_>) -> Option<()> {
        let words = self.layout.size() / 8;
        match input.byte()? % 4 {
            0 => {
                let offset = input.below(self.layout.size())?;
                self.byte(offset).store(input.byte()?, Relaxed);
            }
            1 => {
                let word = self.word(input.below(words)?);
                word.store(input.word()?, Relaxed);
            }
            2 => {
                let word = self.word(input.below(words)?);
                word.store(
                    word.load(Relaxed).wrapping_add_signed(input.step()?),
                    Relaxed,
                );
            }
            _ => {
                let (from, to) = (input.below(words)?, input.below(words)?);
                self.word(to).store(self.word(from).load(Relaxed), Relaxed);
            }
        }
        Some(())
    }

    fn byte(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.layout.size());
        // SAFETY: it lies in the block.
        let byte = unsafe { self.block.as_ptr().add(offset) };
        // SAFETY: it is as long as this, and used as atomic words alone.
        unsafe { AtomicU8::from_ptr(byte) }
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < self.layout.size() / 8);
        // SAFETY: it lies in the block, which is aligned to words.
        let word = unsafe { self.block.cast::<u64>().as_ptr().add(index) };
        // SAFETY: as above.
        unsafe { AtomicU64::from_ptr(word) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated so, and nothing in it has to be dropped.
        unsafe { dealloc(self.block.as_ptr(), self.layout) };
    }
}
