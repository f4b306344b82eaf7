//! Open descriptions that hold locks: each is closed in a forked child.
//!
//! A lock belongs to the open description and is freed when its last descriptor is closed. A child
//! that kept a descriptor of its parent would keep the lock after the parent's death, so whoever
//! forks closes them in the child, before `fork` returns there. The mappings that a child inherits
//! lead to the object's other description, which holds no locks.
//!
//! A child made by a bare system call (`clone`) runs no such handler: it hides the death of its
//! parent until it ends or executes a program, and never invents one; if another thread was opening
//! a description at that moment, it cannot open any itself. A signal handler must not fork: it may
//! have interrupted this.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;
use nix::libc;

use super::Object;
use super::object::descriptor_path;
use super::process::Process;

/// The descriptors that a child must not keep. Whoever forks holds the lock meanwhile, so that none
/// is open and not yet entered.
static OPEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

thread_local! {
    /// Between the two handlers of a fork. Without a destructor, so that it is there also for who
    /// forks while a thread ends.
    static FORKING: Cell<Option<ManuallyDrop<MutexGuard<'static, Vec<RawFd>>>>> =
        const { Cell::new(None) };
}

/// An open description of an object, with one descriptor, in the process that opened it.
#[derive(Debug)]
pub(super) struct Description {
    /// In a forked child it is closed already.
    file: ManuallyDrop<File>,
    process: Process,
}

impl Description {
    /// Another description of `object`.
    pub(super) fn of(object: &Object) -> io::Result<Description> {
        watch_forks()?;
        let process = Process::this()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let mut open = lock();
        let file = options.open(descriptor_path(&object.file))?;
        open.push(file.as_raw_fd());
        Ok(Description {
            file: ManuallyDrop::new(file),
            process,
        })
    }

    /// `None` in a forked child of the process that opened it.
    pub(super) fn file(&self) -> Option<&File> {
        self.process.is_this().then_some(&*self.file)
    }
}

impl Drop for Description {
    fn drop(&mut self) {
        if !self.process.is_this() {
            return;
        }
        let mut open = lock();
        let ours = self.file.as_raw_fd();
        open.retain(|&descriptor| descriptor != ours);
        // SAFETY: it is not used again.
        unsafe { ManuallyDrop::drop(&mut self.file) };
    }
}

fn lock() -> MutexGuard<'static, Vec<RawFd>> {
    // A list of numbers is as it should be after any panic.
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the handlers called at each fork from now on.
fn watch_forks() -> io::Result<()> {
    static WATCHED: OnceLock<i32> = OnceLock::new();
    let answer = WATCHED.get_or_init(|| {
        // SAFETY: the three functions live as long as the program.
        unsafe { libc::pthread_atfork(Some(before), Some(in_the_parent), Some(in_the_child)) }
    });
    match *answer {
        0 => Ok(()),
        error => Err(Errno::from_raw(error).into()),
    }
}

extern "C" fn before() {
    FORKING.set(Some(ManuallyDrop::new(lock())));
}

extern "C" fn in_the_parent() {
    drop(FORKING.take().map(ManuallyDrop::into_inner));
}

extern "C" fn in_the_child() {
    if let Some(mut open) = FORKING.take().map(ManuallyDrop::into_inner) {
        for descriptor in open.drain(..) {
            // SAFETY: it is the copy of one that a `Description` owns, which does not use or close
            // it in this process.
            unsafe { libc::close(descriptor) };
        }
    }
}
