//! The command line as real processes: started, watched, killed, and what they left.

mod content;
mod usage;

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::io::Seek as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::open::{Status, status};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::{Name, Object, Uid};
use aqueduct::wait::Patience;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub(crate) use self::content::{Content, Random};
pub(crate) use self::usage::{Usage, descriptors, peak_memory, threads};

/// Longer than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A wait that is none on a machine that works.
pub(crate) fn patience() -> Patience {
    Patience::until(Native::now() + LONG)
}

/// The kernel's letter for the state of a process.
pub(crate) fn state(number: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

/// How often something is looked at that nobody announces.
const TICK: Duration = Duration::from_micros(300);

/// A process of the command line; killed at the end, if it still runs.
pub(crate) struct Running {
    child: Child,
    started: Instant,
    said: File,
    words: String,
}

/// How a process ended.
pub(crate) struct End {
    status: ExitStatus,
    /// What it wrote on its standard error.
    pub(crate) said: String,
    words: String,
}

/// The command line with these words, without standard streams; the one that `AQUEDUCT_BIN` says,
/// to look at another build.
pub(crate) fn aqueduct<'a>(words: impl IntoIterator<Item = &'a str>) -> Command {
    let program = std::env::var_os("AQUEDUCT_BIN");
    let mut command = Command::new(program.unwrap_or(env!("CARGO_BIN_EXE_aqueduct").into()));
    command.args(words);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

impl Running {
    /// Starts `command`, its standard error into a file of its own: nobody reads a pipe meanwhile.
    pub(crate) fn start(command: &mut Command) -> Running {
        let said = tempfile::tempfile().expect("a file for messages");
        command.stderr(said.try_clone().expect("a second descriptor"));
        let child = command.spawn().expect("the command line starts");
        Running {
            child,
            started: Instant::now(),
            said,
            words: format!("{command:?}"),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        kill(pid, signal).expect("it is our child, and not waited for");
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("our child").is_some()
    }

    /// Kills it, unless it has ended.
    pub(crate) fn kill(&mut self) -> End {
        self.child.kill().expect("our child");
        self.end()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> End {
        let words = self.words.clone();
        until(&format!("the end of {words}"), || {
            self.has_ended().then_some(())
        });
        self.end()
    }

    fn end(&mut self) -> End {
        let status = self.child.wait().expect("our child");
        let mut said = String::new();
        let read = self.said.rewind();
        let read = read.and_then(|()| self.said.read_to_string(&mut said));
        read.expect("messages are text in a file");
        End {
            status,
            said,
            words: self.words.clone(),
        }
    }
}

/// Leaves no process behind; says what it said when a test fails.
impl Drop for Running {
    fn drop(&mut self) {
        let running = matches!(self.child.try_wait(), Ok(None));
        let _ = self.child.kill();
        let end = self.end();
        if thread::panicking() {
            eprintln!("was running: {running}; {end}");
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; it said: {}", self.words, self.status, self.said)
    }
}

impl End {
    /// Whether it was killed; the exit code if it ended before that.
    pub(crate) fn killed(&self) -> Result<(), i32> {
        match (self.status.signal(), self.status.code()) {
            (Some(signal), _) if signal == Signal::SIGKILL as i32 => Ok(()),
            (_, Some(code)) => Err(code),
            _ => panic!("{self}"),
        }
    }

    /// Asserts that it ended by itself with this exit code.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32) {
        assert_eq!(self.status.code(), Some(code), "{self}");
    }
}

/// Looks until there is something; nothing here takes longer than [`LONG`].
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        thread::sleep(TICK);
    }
}

/// The object under a name, if there is one.
pub(crate) fn object(name: &Name) -> Option<Object> {
    Object::open(name.clone(), Uid::effective()).ok()
}

/// What an object says of itself.
pub(crate) fn look(object: &Object) -> Status {
    status(object)
        .expect("it can be read")
        .expect("it is one of ours")
}

/// What is under a name, if anything.
pub(crate) fn look_under(name: &Name) -> Option<Status> {
    object(name).as_ref().map(look)
}
