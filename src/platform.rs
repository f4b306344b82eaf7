//! What an algorithm may ask of a machine.
//!
//! Every algorithm of this crate is generic over a [`Platform`], so that the lines that run on
//! mapped memory are the lines that the checker explores. A machine offers two widths of atomic
//! word, a cell for memory that one side owns at a time, and a fence; one that implements
//! [`Futex`] can also put a thread to sleep until a word changes. The methods have the names of
//! [`core::sync::atomic`] and mean the same, with two rules on top:
//!
//! - sequentially consistent *accesses* are not used, only fences;
//! - **word discipline**: each word is changed by read-modify-write alone, or all its changes are
//!   ordered by happens-before (one writer, or a hand-over).

use core::mem::MaybeUninit;
pub use core::sync::atomic::Ordering;
use core::time::Duration;

pub mod native;

/// A machine that a buffer runs on.
pub trait Platform: Sized + 'static {
    /// A 32-bit atomic word; also what a [`Futex`] sleeps on.
    type AtomicU32: Atomic<u32>;
    /// A 64-bit atomic word.
    type AtomicU64: Atomic<u64>;
    /// Plain memory that one side owns at a time.
    type Cell<T>: Cell<T>;
    /// Several of the same, a power of two: as many as the machine has use for.
    type Several<T>: Several<T>;
    /// The most bytes of cells that are handed out as one array, which may have to be made.
    const RUN: usize = usize::MAX;
    /// For how many messages in a row a position is told in the same word, of [several](Self::Several); a
    /// power of two.
    const STRETCH: u64;

    /// Orders the accesses around it as [`core::sync::atomic::fence`] does.
    #[track_caller]
    fn fence(order: Ordering);

    /// Tells the processor that the caller is in a short busy-wait.
    fn spin();
}

/// An array, whose length a machine chooses.
pub trait Several<T>: AsRef<[T]> {
    /// The length.
    const LEN: usize;

    /// Each made by `f` from its index.
    fn from_fn(f: impl FnMut(usize) -> T) -> Self;
}

impl<T, const N: usize> Several<T> for [T; N] {
    const LEN: usize = N;

    fn from_fn(f: impl FnMut(usize) -> T) -> Self {
        core::array::from_fn(f)
    }
}

/// An atomic word with the methods of [`core::sync::atomic`].
///
/// There is no weak compare-exchange: a model cannot make it fail for no reason, so a proof could
/// not cover it.
pub trait Atomic<V: Copy>: Sized + Send + Sync {
    /// A word that holds `value`.
    fn new(value: V) -> Self;

    /// Reads the word.
    #[track_caller]
    fn load(&self, order: Ordering) -> V;

    /// Writes the word.
    #[track_caller]
    fn store(&self, value: V, order: Ordering);

    /// Writes the word and returns what it held.
    #[track_caller]
    fn swap(&self, value: V, order: Ordering) -> V;

    /// Adds, wrapping around, and returns what the word held.
    #[track_caller]
    fn fetch_add(&self, value: V, order: Ordering) -> V;

    /// Sets the bits of `value` and returns what the word held.
    #[track_caller]
    fn fetch_or(&self, value: V, order: Ordering) -> V;

    /// Writes `new` if the word holds `current`; never fails for another reason.
    ///
    /// # Errors
    /// The value found, if it is not `current`.
    #[track_caller]
    fn compare_exchange(
        &self,
        current: V,
        new: V,
        success: Ordering,
        failure: Ordering,
    ) -> Result<V, V>;
}

/// Plain memory that one side owns at a time; the shape of loom's `UnsafeCell`.
///
/// Handing out the pointer is safe; using it is not: the caller owns the cell, by an edge from
/// whoever owned it before, for as long as the closure runs.
pub trait Cell<T>: Sized {
    /// A cell that holds `value`.
    fn new(value: T) -> Self;

    /// Calls `f` with a pointer to read from.
    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R;

    /// Calls `f` with a pointer to read from and write to.
    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R;

    /// Tells the processor that the beginning of the cell will be written soon. It is a hint: nothing is
    /// touched.
    fn prefetch(&self) {}

    /// Calls `f` with all of `cells` as one array to read from.
    #[track_caller]
    fn with_all<R>(cells: &[Self], f: impl FnOnce(*const [T]) -> R) -> R;

    /// Calls `f` with all of `cells` as one array to read from and write to.
    #[track_caller]
    fn with_all_mut<R>(cells: &[Self], f: impl FnOnce(*mut [T]) -> R) -> R;
}

/// A machine whose cells are laid out as what they hold, so that cells side by side are an array.
///
/// # Safety
/// `Cell<T>` has the size and alignment of `T`, and the pointers that its methods hand out stay good
/// for as long as the cells are there.
pub unsafe trait Flat: Platform {}

/// The cell of one message: memory that is a `T` from publication to release.
pub type SlotCell<P, T> = <P as Platform>::Cell<MaybeUninit<T>>;

/// A machine whose threads can sleep until a word changes.
///
/// It may have an *asymmetric fence*, whose light half costs next to nothing and whose heavy half costs a
/// system call: a light fence of one thread and a heavy fence of another one order what is around them as
/// two sequentially consistent fences do. Two light ones order nothing. Without more than the methods that
/// have to be written, nobody makes light fences.
pub trait Futex: Platform {
    /// After how many rings in a row that woke nobody it pays to ring by light fences.
    const LIGHT_AFTER: u32 = u32::MAX;

    /// Whether this process may make light fences from now on; if not yet, prepares for it. It takes no time.
    #[must_use]
    fn lighten() -> bool {
        false
    }

    /// The light half.
    #[track_caller]
    fn light_fence() {
        Self::fence(Ordering::SeqCst);
    }

    /// The heavy half. Whether it was made: a process may lack the permission. It is a full fence, too, if so.
    #[must_use]
    #[track_caller]
    fn heavy_fence() -> bool {
        Self::fence(Ordering::SeqCst);
        true
    }

    /// The time on the machine's monotonic clock, since an epoch that all processes share.
    fn now() -> Duration;

    /// Sleeps while every word holds the value beside it, until one of them is woken or `deadline`
    /// (on the clock of [`now`](Futex::now)) has passed. They are compared in the order given; a
    /// wake-up of one that was compared already ends the sleep.
    ///
    /// It may return for no reason: the caller looks again. Neither returning nor being woken
    /// orders any memory.
    #[track_caller]
    fn wait_any(words: &[(&Self::AtomicU32, u32)], deadline: Option<Duration>);

    /// Wakes everyone who sleeps on `word`.
    #[track_caller]
    fn wake(word: &Self::AtomicU32);
}
