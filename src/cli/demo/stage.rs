//! What the demo needs around it, and takes away again whatever happens: processes, a name, a
//! FIFO.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::open;
use aqueduct::shm::{Name, Object, Uid};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::super::failure::Failure;
use super::super::interrupt::Interrupt;
use super::event::Event;
use super::part::TIMEOUT;

/// How often to look whether somebody wants the demo to end.
const LOOK: Duration = Duration::from_millis(10);

/// Name and FIFO of one demo.
pub(super) struct Stage {
    pub(super) name: Name,
    pub(super) file: PathBuf,
    pub(super) total: u64,
    folder: PathBuf,
    interrupt: Interrupt,
}

impl Stage {
    pub(super) fn build(file: PathBuf, total: u64, interrupt: Interrupt) -> Result<Self, Failure> {
        let own = format!("aqueduct-demo-{}", std::process::id());
        let folder = std::env::temp_dir().join(&own);
        std::fs::create_dir(&folder).map_err(Failure::file("make", &folder))?;
        let stage = Self {
            name: own
                .parse()
                .map_err(|error| Failure::Usage(format!("{error}")))?,
            file,
            total,
            folder,
            interrupt,
        };
        let fifo = mkfifo(&stage.fifo(), Mode::S_IRUSR | Mode::S_IWUSR);
        fifo.map_err(|error| Failure::file("make", stage.fifo())(error.into()))?;
        Ok(stage)
    }

    pub(super) fn fifo(&self) -> PathBuf {
        self.folder.join("fifo")
    }

    /// Starts the process that plays `role` at `place`.
    pub(super) fn start(&self, role: &str, place: &Path) -> Result<Process, Failure> {
        let program = std::env::current_exe().map_err(Failure::system("find this program"))?;
        let child = Command::new(program)
            .args(["demo-part", role])
            .args([place, &self.file])
            .arg(self.total.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.map_err(Failure::system("start a process"))?;
        let (sent, events) = channel();
        if let Some(stdout) = child.stdout.take() {
            let started = thread::Builder::new().spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sent.send(line).is_err() {
                        return;
                    }
                }
            });
            started.map_err(Failure::system("start a thread that reads its events"))?;
        }
        Ok(Process { child, events })
    }

    /// Opens the object once it is there.
    pub(super) fn object(&self) -> Result<Object, Failure> {
        let mut object = None;
        self.until(|| {
            object = Object::open(self.name.clone(), Uid::effective()).ok();
            object.is_some()
        })?;
        object.ok_or_else(|| Failure::Demo(format!("there is no {}", self.name)))
    }

    /// Waits until `done`, looking often.
    pub(super) fn until(&self, mut done: impl FnMut() -> bool) -> Result<(), Failure> {
        let begun = Instant::now();
        while !done() {
            self.go_on(begun)?;
            thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    /// What `process` tells next.
    pub(super) fn next(&self, process: &mut Process) -> Result<Event, Failure> {
        loop {
            match process.events.recv_timeout(LOOK) {
                Ok(line) => return line.parse().map_err(Failure::Demo),
                Err(RecvTimeoutError::Timeout) => self.is_interrupted()?,
                Err(RecvTimeoutError::Disconnected) => {
                    self.is_interrupted()?;
                    return Err(process.failure());
                }
            }
        }
    }

    fn is_interrupted(&self) -> Result<(), Failure> {
        if self.interrupt.is_raised() {
            Err(Failure::Interrupted)
        } else {
            Ok(())
        }
    }

    fn go_on(&self, begun: Instant) -> Result<(), Failure> {
        self.is_interrupted()?;
        if begun.elapsed() < TIMEOUT {
            Ok(())
        } else {
            Err(Failure::Demo("a process did not act in time".into()))
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // All processes have ended by now, so nobody uses the name.
        if let Ok(object) = Object::open(self.name.clone(), Uid::effective()) {
            let _ = open::remove(&object);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A process of the demo, killed when it is dropped.
pub(super) struct Process {
    child: Child,
    events: Receiver<String>,
}

impl Process {
    /// Sends it SIGKILL, and no more.
    pub(super) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill().map_err(Failure::system("kill a process"))
    }

    /// Why it has ended without a word.
    fn failure(&mut self) -> Failure {
        let code = self.child.wait().ok().and_then(|status| status.code());
        let code = code.and_then(|code| u8::try_from(code).ok());
        Failure::Part(code.filter(|&code| code != 0).unwrap_or(1))
    }

    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
