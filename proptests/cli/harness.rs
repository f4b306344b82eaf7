//! Starting the program on names and files of one test, bounded in time, and cleaning up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Nothing that these tests start takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Names and files of one test, which go with it.
pub(super) struct Scene {
    pub(super) name: String,
    folder: tempfile::TempDir,
}

impl Scene {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Relaxed);
        Self {
            name: format!("aqueduct-test-cli-{}-{count}", std::process::id()),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Where the object lies.
    pub(super) fn object(&self) -> PathBuf {
        Path::new("/dev/shm").join(&self.name)
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// A file of `length` bytes that do not repeat soon.
    pub(super) fn file(&self, file: &str, length: usize) -> PathBuf {
        let path = self.path(file);
        fs::write(&path, noise(length)).expect("a file is written");
        path
    }

    /// The program with these words, `NAME` and files with a dot standing for those of this scene.
    pub(super) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aqueduct"));
        for word in words.split_whitespace() {
            match word {
                "NAME" => command.arg(&self.name),
                word if word.starts_with("./") => command.arg(self.path(&word[2..])),
                word => command.arg(word),
            };
        }
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program with these words in `"$@"`, run by a shell that does `script redirection`.
    pub(super) fn shell(&self, script: &str, words: &str, redirection: &str) -> Command {
        let program = self.command(words);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{script}{redirection}"));
        shell
            .arg("sh")
            .arg(program.get_program())
            .args(program.get_args());
        shell.stdin(Stdio::null());
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        shell
    }

    pub(super) fn start(&self, words: &str) -> Running {
        Running::of(&mut self.command(words))
    }

    /// Runs the program to its end, and tells its exit code and what it said.
    pub(super) fn run(&self, words: &str) -> (i32, String) {
        self.start(words).end()
    }

    /// Waits until the object is there.
    pub(super) fn wait_for_name(&self) {
        until("the name", || self.object().exists());
    }

    /// Asserts that nothing is left in shared memory.
    pub(super) fn assert_clean(&self) {
        assert!(!self.object().exists(), "{} is left behind", self.name);
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.object());
    }
}

/// Bytes that do not repeat soon.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_ne_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Waits until `done`.
pub(super) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LIMIT, "{what} took too long");
        sleep(Duration::from_millis(2));
    }
}

/// A process that runs; killed if the test ends before it does.
pub(super) struct Running(Option<Child>);

impl Running {
    pub(super) fn of(command: &mut Command) -> Self {
        Self(Some(command.spawn().expect("the program starts")))
    }

    pub(super) fn from(child: Child) -> Self {
        Self(Some(child))
    }

    pub(super) fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it runs")
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        let pid = Pid::from_raw(self.child().id().cast_signed());
        kill(pid, signal).expect("the signal is sent");
    }

    /// Waits for its end; its exit code, -1 after a signal, and what it said on stderr.
    pub(super) fn end(self) -> (i32, String) {
        let output = self.output();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), said)
    }

    /// Waits for its end, and takes all that it said.
    pub(super) fn output(mut self) -> Output {
        let child = self.0.take().expect("it runs");
        let pid = Pid::from_raw(child.id().cast_signed());
        let waiter = thread::spawn(move || child.wait_with_output());
        let begun = Instant::now();
        while !waiter.is_finished() {
            if begun.elapsed() > LIMIT {
                let _ = kill(pid, Signal::SIGKILL);
                panic!("a process took too long");
            }
            sleep(Duration::from_millis(2));
        }
        waiter.join().expect("the waiter").expect("the output")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
