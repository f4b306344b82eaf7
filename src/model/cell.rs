//! Plain memory that one side owns at a time, watched by the engine.

use super::engine::Watched;
use super::event::Effect;
use super::execution::{enter, new_object};
use super::site::Access;
use crate::platform;
use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::ptr;

/// The machine's cell: two accesses that are not ordered, one of them a write, are a failure of
/// the model.
///
/// While its thread unwinds a cell is not touched; the closure gets a copy of the bytes.
pub struct Cell<T> {
    number: usize,
    /// Who reads and writes.
    access: Watched,
    data: std::cell::UnsafeCell<MaybeUninit<T>>,
}

impl<T> Cell<T> {
    fn pointer(&self) -> *mut T {
        self.data.get().cast()
    }

    /// The bytes of `cells`, side by side; never dropped as `T`.
    fn copy(cells: &[Self]) -> Vec<MaybeUninit<T>> {
        cells
            .iter()
            .map(|cell| {
                // SAFETY: the threads of a model take turns on one OS thread, and the bytes are
                // only ever believed to be a `T` by whoever owns the cell.
                unsafe { ptr::read(cell.data.get()) }
            })
            .collect()
    }
}

/// Whether the access, of the cell of this number, is to be done. It is noted before it is
/// judged.
fn alive(number: Option<usize>, access: Access, location: &'static Location<'static>) -> bool {
    let entry = enter(access, location);
    if let Some(entry) = &entry {
        entry.done(Effect {
            object: number,
            ..Effect::default()
        });
    }
    entry.is_some()
}

impl<T> Drop for Cell<T> {
    fn drop(&mut self) {
        // SAFETY: a cell is made with a value, and whoever moves it out leaves another or wraps
        // `T` in `MaybeUninit`.
        unsafe { self.data.get_mut().assume_init_drop() }
    }
}

impl<T> platform::Cell<T> for Cell<T> {
    #[track_caller]
    fn new(value: T) -> Self {
        Cell {
            number: new_object(),
            access: Watched::new(),
            data: std::cell::UnsafeCell::new(MaybeUninit::new(value)),
        }
    }

    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        if !alive(Some(self.number), Access::Read, Location::caller()) {
            return f(Self::copy(std::slice::from_ref(self)).as_ptr().cast());
        }
        let _reading = self.access.read();
        f(self.pointer())
    }

    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        if !alive(Some(self.number), Access::Write, Location::caller()) {
            return f(Self::copy(std::slice::from_ref(self)).as_mut_ptr().cast());
        }
        let _writing = self.access.write();
        f(self.pointer())
    }

    #[track_caller]
    fn with_all<R>(cells: &[Self], f: impl FnOnce(*const [T]) -> R) -> R {
        let first = cells.first().map(|cell| cell.number);
        let alive = alive(first, Access::Read, Location::caller());
        let guards = cells
            .iter()
            .filter(|_| alive)
            .map(|cell| cell.access.read());
        let _reading: Vec<_> = guards.collect();
        let copy = Self::copy(cells);
        f(ptr::slice_from_raw_parts(copy.as_ptr().cast(), copy.len()))
    }

    #[track_caller]
    fn with_all_mut<R>(cells: &[Self], f: impl FnOnce(*mut [T]) -> R) -> R {
        let first = cells.first().map(|cell| cell.number);
        let alive = alive(first, Access::Write, Location::caller());
        let guards = cells
            .iter()
            .filter(|_| alive)
            .map(|cell| cell.access.write());
        let _writing: Vec<_> = guards.collect();
        let mut copy = Self::copy(cells);
        let result = f(ptr::slice_from_raw_parts_mut(
            copy.as_mut_ptr().cast(),
            copy.len(),
        ));
        for (cell, bytes) in cells.iter().filter(|_| alive).zip(copy) {
            // SAFETY: as in `copy`; nothing is dropped by the assignment of a `MaybeUninit`.
            unsafe { ptr::write(cell.data.get(), bytes) };
        }
        result
    }
}

impl<T> fmt::Debug for Cell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell")
    }
}
