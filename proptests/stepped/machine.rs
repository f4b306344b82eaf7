//! The machine that the program runs on, with its accesses counted: at the one that was asked for
//! the process kills itself.
//!
//! Its words and cells are transparent wrappers of [`Native`]'s, so that one process can use on it
//! what another has placed on [`Soon`](super::soon::Soon). What counts as an access is what counts in the
//! model, and the process is killed where a process of the model is: before the access.

use std::cell::RefCell;
use std::panic::Location;
use std::ptr;
use std::time::Duration;

use aqueduct::model::{Access, Site};
use aqueduct::platform::native::Native;
use aqueduct::platform::{self, Atomic, Futex, Ordering, Platform};

/// [`Native`], stepped.
#[derive(Clone, Copy, Debug)]
pub enum Stepped {}

/// A word of [`Native`].
#[repr(transparent)]
pub struct Word<W>(W);

/// A cell of [`Native`].
#[repr(transparent)]
pub struct Cell<T>(NativeCell<T>);

type NativeCell<T> = <Native as Platform>::Cell<T>;
type NativeU32 = <Native as Platform>::AtomicU32;
type NativeU64 = <Native as Platform>::AtomicU64;

/// What the thread that is stepped does.
struct Steps {
    /// How many accesses it has begun.
    count: usize,
    /// The access that it does not do.
    last: usize,
    /// Told of the last one; it does not return.
    die: fn(Site) -> !,
}

thread_local! {
    static STEPS: RefCell<Option<Steps>> = const { RefCell::new(None) };
    static INSTEAD: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

impl Stepped {
    /// Counts the accesses of this thread from now on, and calls `die` before the one with the
    /// number `last`, counted from 1.
    pub fn count(last: usize, die: fn(Site) -> !) {
        STEPS.set(Some(Steps {
            count: 0,
            last,
            die,
        }));
    }

    /// What `f` returns, and how many accesses it made.
    pub fn counted<R>(f: impl FnOnce() -> R) -> (R, usize) {
        Self::count(usize::MAX, |_| unreachable!("nobody makes so many"));
        let outcome = f();
        let steps = STEPS.take().expect("they are counted");
        (outcome, steps.count)
    }

    /// Lets `store` do the next store of this thread in its stead: on real memory a life word is
    /// stored by its keeper, another thread.
    pub fn instead_of_next_store(store: impl FnOnce() + 'static) {
        INSTEAD.set(Some(Box::new(store)));
    }
}

/// Every access begins here, as in the model.
fn enter(access: Access, location: &'static Location<'static>) {
    STEPS.with_borrow_mut(|steps| {
        if let Some(steps) = steps {
            steps.count += 1;
            if steps.count == steps.last {
                (steps.die)(Site { location, access });
            }
        }
    });
}

impl Platform for Stepped {
    type AtomicU32 = Word<NativeU32>;
    type AtomicU64 = Word<NativeU64>;
    type Cell<T> = Cell<T>;
    /// As in the model.
    type Several<T> = [T; 2];
    const STRETCH: u64 = 1;

    #[track_caller]
    fn fence(order: Ordering) {
        enter(Access::Fence(order), Location::caller());
        Native::fence(order);
    }

    fn spin() {
        Native::spin();
    }
}

impl Futex for Stepped {
    /// As in the model; full fences in their stead, as a kill does not ask which.
    const LIGHT_AFTER: u32 = 1;

    fn lighten() -> bool {
        true
    }

    #[track_caller]
    fn light_fence() {
        enter(Access::LightFence, Location::caller());
        Native::fence(Ordering::SeqCst);
    }

    #[track_caller]
    fn heavy_fence() -> bool {
        enter(Access::HeavyFence, Location::caller());
        Native::fence(Ordering::SeqCst);
        true
    }

    fn now() -> Duration {
        Native::now()
    }

    #[track_caller]
    fn wait_any(words: &[(&Self::AtomicU32, u32)], deadline: Option<Duration>) {
        enter(Access::Wait, Location::caller());
        let words: Vec<_> = words
            .iter()
            .map(|(word, value)| (&word.0, *value))
            .collect();
        Native::wait_any(&words, deadline);
    }

    #[track_caller]
    fn wake(word: &Self::AtomicU32) {
        enter(Access::Wake, Location::caller());
        Native::wake(&word.0);
    }
}

impl<V: Copy, W: Atomic<V>> Atomic<V> for Word<W> {
    fn new(value: V) -> Self {
        Word(W::new(value))
    }

    #[track_caller]
    fn load(&self, order: Ordering) -> V {
        enter(Access::Load(order), Location::caller());
        self.0.load(order)
    }

    #[track_caller]
    fn store(&self, value: V, order: Ordering) {
        enter(Access::Store(order), Location::caller());
        match INSTEAD.take() {
            Some(store) => store(),
            None => self.0.store(value, order),
        }
    }

    #[track_caller]
    fn swap(&self, value: V, order: Ordering) -> V {
        enter(Access::ReadModifyWrite(order), Location::caller());
        self.0.swap(value, order)
    }

    #[track_caller]
    fn fetch_add(&self, value: V, order: Ordering) -> V {
        enter(Access::ReadModifyWrite(order), Location::caller());
        self.0.fetch_add(value, order)
    }

    #[track_caller]
    fn fetch_or(&self, value: V, order: Ordering) -> V {
        enter(Access::ReadModifyWrite(order), Location::caller());
        self.0.fetch_or(value, order)
    }

    #[track_caller]
    fn compare_exchange(
        &self,
        current: V,
        new: V,
        success: Ordering,
        failure: Ordering,
    ) -> Result<V, V> {
        let access = Access::CompareExchange(success, failure);
        enter(access, Location::caller());
        self.0.compare_exchange(current, new, success, failure)
    }
}

/// The cells as [`Native`]'s.
fn native<T>(cells: &[Cell<T>]) -> &[NativeCell<T>] {
    // SAFETY: `Cell` is a transparent wrapper.
    unsafe { &*(ptr::from_ref(cells) as *const [NativeCell<T>]) }
}

impl<T> platform::Cell<T> for Cell<T> {
    fn new(value: T) -> Self {
        Cell(platform::Cell::new(value))
    }

    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        enter(Access::Read, Location::caller());
        platform::Cell::with(&self.0, f)
    }

    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        enter(Access::Write, Location::caller());
        platform::Cell::with_mut(&self.0, f)
    }

    #[track_caller]
    fn with_all<R>(cells: &[Self], f: impl FnOnce(*const [T]) -> R) -> R {
        enter(Access::Read, Location::caller());
        platform::Cell::with_all(native(cells), f)
    }

    #[track_caller]
    fn with_all_mut<R>(cells: &[Self], f: impl FnOnce(*mut [T]) -> R) -> R {
        enter(Access::Write, Location::caller());
        platform::Cell::with_all_mut(native(cells), f)
    }
}
