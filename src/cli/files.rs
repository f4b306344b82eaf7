//! Where bytes come from and go to: files, pipes, terminals, read and written without a buffer in
//! between.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aqueduct::shm::Name;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::failure::Failure;
use super::streams;

/// What is sent.
#[derive(Debug)]
pub(super) struct Input {
    file: File,
    path: PathBuf,
    /// How long it is, if it is a regular file.
    length: Option<u64>,
}

impl Input {
    /// Opens `path`, or the standard input without one.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let (file, path) = if let Some(path) = path {
            (File::open(path), path.to_path_buf())
        } else {
            streams::input_must_be_open()?;
            (duplicate(&io::stdin()), PathBuf::from("the standard input"))
        };
        let file = file.map_err(Failure::file("open", &path))?;
        let metadata = file.metadata().map_err(Failure::file("look at", &path))?;
        if metadata.is_dir() {
            let source = ErrorKind::IsADirectory.into();
            return Err(Failure::file("send", path)(source));
        }
        let length = metadata.is_file().then_some(metadata.len());
        Ok(Self { file, path, length })
    }

    /// How long it is, if that is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Refuses what cannot be gone back in.
    pub(super) fn must_be_regular(&self) -> Result<(), Failure> {
        match self.length {
            Some(_) => Ok(()),
            None => Err(not_regular(&self.path)),
        }
    }

    /// Goes to `position`, at which the stream of `name` stands.
    pub(super) fn seek(&mut self, position: u64, name: &Name) -> Result<(), Failure> {
        let length = self.length.unwrap_or(0);
        if length < position {
            return Err(other_file(&self.path, length, name, position));
        }
        let sought = self.file.seek(SeekFrom::Start(position));
        sought.map_err(Failure::file("seek in", &self.path))?;
        Ok(())
    }

    /// Reads what is there, waiting for a byte if there is none; 0 at the end.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Failure> {
        let read = retry(&self.file, PollFlags::POLLIN, |mut file| file.read(bytes));
        read.map_err(Failure::file("read", &self.path))
    }
}

/// A file that this process has made and not written to, which goes if it stays so.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh(Arc<Mutex<Option<PathBuf>>>);

impl Fresh {
    fn path(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the file, if there is one.
    fn abandon(&self) {
        if let Some(path) = self.path().take() {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Removes the file, if there is one; for who ends the process then. No other thread makes or
    /// writes to one any more.
    pub(super) fn abandon_for_good(&self) {
        let mut path = self.path();
        if let Some(path) = path.take() {
            let _ = std::fs::remove_file(path);
        }
        std::mem::forget(path);
    }
}

/// Where is received to.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
    path: PathBuf,
    regular: bool,
    /// This file, until something is written to it.
    fresh: Fresh,
    standard: bool,
}

impl Output {
    /// Opens or makes `path`, which keeps what it has for now, or takes the standard output.
    pub(super) fn open(path: Option<&Path>, fresh: Fresh) -> Result<Self, Failure> {
        let Some(path) = path else {
            streams::output_must_be_open()?;
            let path = PathBuf::from("the standard output");
            let file = duplicate(&io::stdout()).map_err(Failure::file("open", &path))?;
            return Ok(Self {
                file,
                path,
                regular: false,
                fresh,
                standard: true,
            });
        };
        let mut made_here = fresh.path();
        let made = OpenOptions::new().write(true).create_new(true).open(path);
        if made.is_ok() {
            *made_here = Some(path.to_path_buf());
        }
        drop(made_here);
        let file = made.or_else(|_| {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).open(path)
        });
        let file = file.map_err(Failure::file("open", path))?;
        let metadata = file.metadata().map_err(Failure::file("look at", path))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
            regular: metadata.is_file(),
            fresh,
            standard: false,
        })
    }

    /// Whether what is received appears on a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.file.is_terminal()
    }

    /// Refuses what cannot be gone back in.
    pub(super) fn must_be_regular(&self) -> Result<(), Failure> {
        if self.regular {
            Ok(())
        } else {
            Err(not_regular(&self.path))
        }
    }

    /// Goes to `position`, at which the stream of `name` stands.
    pub(super) fn seek(&mut self, position: u64, name: &Name) -> Result<(), Failure> {
        let metadata = self.file.metadata();
        let length = metadata
            .map_err(Failure::file("look at", &self.path))?
            .len();
        if length < position {
            return Err(other_file(&self.path, length, name, position));
        }
        let sought = self.file.seek(SeekFrom::Start(position));
        sought.map_err(Failure::file("seek in", &self.path))?;
        Ok(())
    }

    /// Cuts what lies behind `length`, if it is a regular file.
    pub(super) fn cut(&mut self, length: u64) -> Result<(), Failure> {
        if !self.regular {
            return Ok(());
        }
        let cut = self.file.set_len(length);
        cut.map_err(Failure::file("cut", &self.path))
    }

    /// Writes some of `bytes`, and returns how many.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        *self.fresh.path() = None;
        let flags = PollFlags::POLLOUT;
        let written = match retry(&self.file, flags, |mut file| file.write(bytes)) {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            written => written,
        };
        written.map_err(|source| match source.kind() {
            ErrorKind::BrokenPipe if self.standard => Failure::OutputClosed,
            _ => Failure::file("write to", &self.path)(source),
        })
    }

    /// Removes the file if this process has made it and nothing was received.
    pub(super) fn abandon(&self) {
        self.fresh.abandon();
    }
}

/// A second descriptor of a standard stream, without its buffer.
fn duplicate(stream: &impl AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

/// Calls `f` again when a signal came in between, or when a non-blocking file was not ready.
fn retry(
    file: &File,
    ready: PollFlags,
    mut f: impl FnMut(&File) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        match f(file) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // Whatever it says, the next try tells.
                let _ = poll(&mut [PollFd::new(file.as_fd(), ready)], PollTimeout::NONE);
            }
            answer => return answer,
        }
    }
}

fn not_regular(path: &Path) -> Failure {
    Failure::Usage(format!(
        "--resume needs a regular file, and {} is none: leave --resume out, or use a file",
        path.display()
    ))
}

fn other_file(path: &Path, length: u64, name: &Name, position: u64) -> Failure {
    Failure::OtherFile {
        file: path.to_path_buf(),
        length,
        name: name.clone(),
        position,
    }
}
