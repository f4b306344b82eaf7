//! How many blocks of the heap a thread allocates, and leaves.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// The system's heap, with an account for each thread.
struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

thread_local! {
    static MADE: Cell<usize> = const { Cell::new(0) };
    static FREED: Cell<usize> = const { Cell::new(0) };
}

fn count(counter: &'static std::thread::LocalKey<Cell<usize>>) {
    counter.set(counter.get() + 1);
}

// SAFETY: everything is passed on to the system's heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(&MADE);
        // SAFETY: by the caller's word.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(&MADE);
        // SAFETY: by the caller's word.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by the caller's word.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(&FREED);
        // SAFETY: by the caller's word.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The blocks that somebody allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    pub made: usize,
    pub freed: usize,
}

/// What `f` returns, and the blocks that it allocated and freed in this thread.
pub fn of<R>(f: impl FnOnce() -> R) -> (R, Blocks) {
    let now = || (MADE.get(), FREED.get());
    let before = now();
    let result = f();
    let after = now();
    let (made, freed) = (after.0 - before.0, after.1 - before.1);
    (result, Blocks { made, freed })
}

#[test]
fn blocks_are_counted() {
    let (kept, blocks) = of(|| Box::new(*black_box(Box::new(7_u64)) + 1));
    assert_eq!((*kept, blocks), (8, Blocks { made: 2, freed: 1 }));
}
