//! A victim, and the thread that traces it: instruction by instruction, or up to a breakpoint.
//!
//! ```text
//!   victim    prepares | mark | the operation                 | mark | looks at its result
//!   tracer    spawns, waits   | so far, and then it is killed, or held
//! ```
//!
//! Only the thread at work is traced. It asks for that itself, of the thread that has spawned its
//! process, so nothing before its mark is stopped, and its keeper runs as freely as in any process.

use std::arch::asm;
use std::io;
use std::mem::offset_of;
use std::process::{Child, ExitStatus, Stdio};
use std::ptr;

use aqueduct::shm::Name;
use nix::libc;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::operation::{OPERATION, Operation, WORDS};
use super::points::Point;
use crate::shm::helper;

/// In a victim: does `operation` between the two marks.
pub fn between_marks<R>(operation: impl FnOnce() -> R) -> R {
    ptrace::traceme().expect("nobody traces it yet");
    mark();
    let answer = operation();
    mark();
    answer
}

/// Stops this thread for its tracer.
fn mark() {
    // SAFETY: a breakpoint changes nothing; without a tracer the process would end.
    unsafe { asm!("int3") };
}

/// Lets all victims of this thread have their code at the same addresses.
pub fn fix_addresses() {
    // SAFETY: it concerns programs that are executed later, by this thread and its children.
    let before = unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) };
    assert_ne!(before, -1, "the kernel gives fixed addresses");
}

/// Where a victim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// In the operation.
    Inside,
    /// At the mark behind it.
    End,
}

/// A process that is traced by the thread that has started it, and by no other; killed at the end,
/// if it still runs, and waited for.
pub struct Victim {
    child: Child,
    /// The thread at work; `None` before its mark and after its end.
    thread: Option<Pid>,
}

impl Victim {
    /// Starts a victim, which prepares everything and stops at the mark before its operation.
    pub fn start(operation: &Operation, name: &Name) -> Victim {
        let mut command = helper("traced::is_traced", name);
        command
            .env(OPERATION, &operation.name)
            .stdout(Stdio::null());
        let child = command.spawn().expect("the helper starts");
        let mut victim = Victim {
            child,
            thread: None,
        };
        // Whichever thread it is, and no child of another thread of this process.
        let anybody = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        let stopped = waitpid(Pid::from_raw(-1), Some(anybody));
        let Ok(WaitStatus::Stopped(thread, Signal::SIGTRAP)) = stopped else {
            panic!("the victim did not come to its operation: {stopped:?}");
        };
        victim.thread = Some(thread);
        let options = ptrace::Options::PTRACE_O_EXITKILL;
        ptrace::setoptions(thread, options).expect("it is stopped");
        victim
    }

    fn thread(&self) -> Pid {
        self.thread.expect("it lives")
    }

    /// Lets it come to `point`, if it does before the end of its operation.
    pub fn advance(&self, point: Point) -> Stand {
        if let Some((address, visits)) = point.breakpoint {
            self.set_breakpoint(Some(address));
            for _ in 0..visits {
                if self.after(ptrace::cont) == Stand::End {
                    return Stand::End;
                }
            }
            self.set_breakpoint(None);
        }
        for _ in 0..point.steps {
            if self.step() == Stand::End {
                return Stand::End;
            }
        }
        Stand::Inside
    }

    /// Sets the one breakpoint of this thread, in its debug registers: other threads run past it.
    fn set_breakpoint(&self, address: Option<u64>) {
        let write = |register: usize, value: u64| {
            let place = offset_of!(libc::user, u_debugreg) + register * size_of::<u64>();
            let place = ptr::without_provenance_mut(place);
            let written = ptrace::write_user(self.thread(), place, value.cast_signed());
            written.expect("there are debug registers");
        };
        write(0, address.unwrap_or(0));
        // Whether it stops before the instruction at the address in register 0.
        write(7, u64::from(address.is_some()));
    }

    /// Lets it do one instruction; of a system call, all of it.
    pub fn step(&self) -> Stand {
        self.after(ptrace::step)
    }

    /// Lets it go on as `go` says, and waits until it stops.
    fn after(&self, go: impl Fn(Pid, Option<Signal>) -> nix::Result<()>) -> Stand {
        let thread = self.thread();
        let mut signal = None;
        loop {
            go(thread, signal).expect("it is stopped");
            match waitpid(thread, Some(WaitPidFlag::__WALL)).expect("it is traced") {
                WaitStatus::Stopped(_, Signal::SIGTRAP) => return self.stand(),
                WaitStatus::Stopped(_, other @ (Signal::SIGCONT | Signal::SIGCHLD)) => {
                    signal = Some(other);
                }
                other => panic!("the victim does not do as it should: {other:?}"),
            }
        }
    }

    /// Whether it is the mark that has stopped it.
    fn stand(&self) -> Stand {
        let why = ptrace::getsiginfo(self.thread()).expect("it is stopped");
        match why.si_code {
            libc::SI_KERNEL => Stand::End,
            _ => Stand::Inside,
        }
    }

    /// The address of its next instruction.
    pub fn instruction(&self) -> u64 {
        let registers = ptrace::getregs(self.thread());
        registers.expect("it is stopped").rip
    }

    /// Kills it where it stands.
    pub fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.reap().expect("it is our child");
    }

    /// Lets it go on to the mark behind its operation.
    pub fn go_to_the_end(&self) {
        let stand = self.after(ptrace::cont);
        assert_eq!(stand, Stand::End, "there are two marks");
    }

    /// From the mark behind its operation, lets it go on to its end, which is a success; returns
    /// what it says.
    pub fn finish(mut self) -> u64 {
        ptrace::cont(self.thread(), None).expect("it is stopped");
        let status = self.reap().expect("it is our child");
        let word = status.code().and_then(|code| u64::try_from(code).ok());
        let word = word.filter(|&word| word < WORDS);
        word.unwrap_or_else(|| panic!("the victim ended with {status}"))
    }

    /// Waits for its end. A thread that is traced is waited for by its tracer, and its process ends
    /// no earlier.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        if let Some(thread) = self.thread.take() {
            let going = |status| matches!(status, WaitStatus::Stopped(..));
            while waitpid(thread, Some(WaitPidFlag::__WALL)).is_ok_and(going) {
                let _ = ptrace::cont(thread, None);
            }
        }
        self.child.wait()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.reap();
    }
}
