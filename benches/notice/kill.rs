//! One victim, its end, and who sleeps meanwhile.

use std::cell::RefCell;
use std::error::Error;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;
use std::{fmt, fs};

use aqueduct::life::DIED;
use aqueduct::link::{End as _, Ended, Role};
use aqueduct::open::{Options, Receiver};
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::shm::{Byte, Name};
use clap::ValueEnum;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, gettid};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::processors::{self, Processors};
use super::victim::{GIBIBYTES, NAME};

/// Longer than a victim takes to get ready, or to die.
const LONG: Duration = Duration::from_mins(2);
/// The sleeper has been asleep for so long when its peer is killed.
const ASLEEP: Duration = Duration::from_millis(2);
/// How often a lock is looked at.
const OFTEN: Duration = Duration::from_micros(20);

/// How a victim ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// By SIGKILL.
    Killed,
    /// By SIGABRT, which has it dump its core.
    Dumped,
}

impl End {
    /// Has a child end so.
    fn befall(self, child: u32) {
        let signal = match self {
            End::Killed => Signal::SIGKILL,
            End::Dumped => Signal::SIGABRT,
        };
        let child = Pid::from_raw(child.cast_signed());
        kill(child, signal).expect("our child, and not waited for");
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            End::Killed => "killed",
            End::Dumped => "dumped its core",
        })
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum Until {
    /// None died: the victim, alive, has answered a byte in a pipe by a message. What two wake-ups
    /// take here that have nothing to do with a death.
    Answered,
    /// A sleeper on the sender's life word is awake.
    Suspected,
    /// The kernel has freed the lock of the sender's seat.
    Freed,
    /// `recv` says so.
    Certain,
}

impl Until {
    pub const ALL: [Until; 4] = [
        Until::Answered,
        Until::Suspected,
        Until::Freed,
        Until::Certain,
    ];

    /// Ends the victim, or asks it; how long this one took to notice.
    pub fn noticed(self, kill: &Kill) -> Result<Duration, Box<dyn Error>> {
        match self {
            Until::Answered => answered(kill),
            Until::Suspected => suspected(kill),
            Until::Freed => freed(kill),
            Until::Certain => certain(kill),
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Until::Answered => "answered",
            Until::Suspected => "suspected",
            Until::Freed => "freed",
            Until::Certain => "certain",
        })
    }
}

/// A victim that is ready, and the receiver of its link.
pub struct Kill {
    end: End,
    receiver: RefCell<Receiver<u64>>,
    victim: Child,
    /// Where a core goes, unless the machine sends it elsewhere.
    folder: TempDir,
}

impl Kill {
    /// A victim with so many gibibytes, on its processor if that is said.
    pub fn prepare(
        end: End,
        gibibytes: usize,
        processors: Option<Processors>,
    ) -> Result<Kill, Box<dyn Error>> {
        let name = Name::parse(format!("aqueduct-notice-{}", std::process::id()))?;
        let receiver = RefCell::new(Options::new().receiver::<u64>(&name)?);
        let folder = tempfile::tempdir()?;
        let mut command = processors::again(processors)?;
        command.env(NAME, name.as_os_str());
        command.env(GIBIBYTES, gibibytes.to_string());
        command.current_dir(folder.path()).stdin(Stdio::piped());
        let kill = Kill {
            end,
            receiver,
            victim: command.spawn()?,
            folder,
        };
        kill.receiver.borrow_mut().recv_timeout(LONG)?;
        Ok(kill)
    }

    /// Ends the victim while this thread sleeps in `sleep`; how long after that `sleep` returned.
    fn noticed_by(&self, sleep: impl FnOnce()) -> Duration {
        let (end, victim) = (self.end, self.victim.id());
        returned_after(move || end.befall(victim), sleep)
    }

    /// Waits for the victim; how long its core is, if there is one where it ran.
    pub fn finish(mut self) -> Result<Option<u64>, Box<dyn Error>> {
        self.victim.wait()?;
        let cores = fs::read_dir(self.folder.path())?;
        let lengths = cores.filter_map(|file| Some(file.ok()?.metadata().ok()?.len()));
        Ok(lengths.max())
    }
}

/// Leaves no process and no name behind.
impl Drop for Kill {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        let _ = self.receiver.borrow().end().remove_name();
    }
}

/// Has another thread `act` while this one sleeps in `sleep`; how long after that `sleep` returned.
fn returned_after(act: impl FnOnce() + Send, sleep: impl FnOnce()) -> Duration {
    let sleeper = gettid();
    thread::scope(|scope| {
        let actor = scope.spawn(move || {
            wait_until_asleep(sleeper);
            let before = Native::now();
            act();
            before
        });
        sleep();
        let noticed = Native::now();
        noticed.saturating_sub(actor.join().expect("it does not panic"))
    })
}

/// Until the victim, which lives, has answered.
fn answered(kill: &Kill) -> Result<Duration, Box<dyn Error>> {
    let mut receiver = kill.receiver.borrow_mut();
    let mut question = kill.victim.stdin.as_ref().ok_or("it has a pipe")?;
    let mut answer = None;
    let ask = move || question.write_all(&[1]).expect("the victim reads");
    let taken = returned_after(ask, || answer = Some(receiver.recv_timeout(LONG)));
    kill.end.befall(kill.victim.id());
    match answer {
        Some(Ok(_)) => Ok(taken),
        other => Err(format!("no answer: {other:?}").into()),
    }
}

/// Until a sleeper on the life word sees that its holder died.
fn suspected(kill: &Kill) -> Result<Duration, Box<dyn Error>> {
    let receiver = kill.receiver.borrow();
    let life: &AtomicU32 = receiver.end().link().seat(Role::Sender).life();
    let alive = life.load(Relaxed);
    let deadline = Native::now() + LONG;
    let taken = kill.noticed_by(|| {
        while life.load(Relaxed) == alive && Native::now() < deadline {
            Native::wait_any(&[(life, alive)], Some(deadline));
        }
    });
    match life.load(Relaxed) & DIED {
        0 => Err("the life word does not tell of the death".into()),
        _ => Ok(taken),
    }
}

/// Until the seat's lock is free: somebody looks again and again.
fn freed(kill: &Kill) -> Result<Duration, Box<dyn Error>> {
    let receiver = kill.receiver.borrow();
    let object = receiver.end().object();
    let deadline = Native::now() + LONG;
    let is_free = || object.is_locked(Byte::Sender).is_ok_and(|locked| !locked);
    let taken = kill.noticed_by(|| {
        while !is_free() && Native::now() < deadline {
            thread::sleep(OFTEN);
        }
    });
    if is_free() {
        Ok(taken)
    } else {
        Err("the kernel does not free the lock".into())
    }
}

/// Until `recv` says so.
fn certain(kill: &Kill) -> Result<Duration, Box<dyn Error>> {
    let mut receiver = kill.receiver.borrow_mut();
    let mut end = None;
    let taken = kill.noticed_by(|| end = Some(receiver.recv()));
    match end {
        Some(Err(Ended::Dead)) => Ok(taken),
        other => Err(format!("the link ended otherwise: {other:?}").into()),
    }
}

/// Waits until the kernel says that the thread sleeps, and a moment longer.
fn wait_until_asleep(thread: Pid) {
    let file = format!("/proc/self/task/{thread}/stat");
    loop {
        thread::sleep(ASLEEP);
        let stat = fs::read_to_string(&file).expect("the thread is there");
        if stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('S'))
        {
            return thread::sleep(ASLEEP);
        }
    }
}
