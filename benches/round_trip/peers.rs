//! The two processes: how they find each other, and what if one is lost.
//!
//! After each block the peer sends a message through a third link. Who receives it learns at once that
//! the peer died, however the two wait for each other at that moment, and is not kept for long by one
//! that stands still.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;
use std::process::{self, Child, ChildStdin, ChildStdout, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aqueduct::open::{self, Receiver, Sender};
use aqueduct::shm::Name;
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::options::Options;
use super::pairs::{Ends, Links, Outcome, Pipes};
use super::processors;
use super::raw::Raw;
use super::schedule;

/// How a peer learns what the names of its links begin with,
const NAMES: &str = "AQUEDUCT_ROUND_TRIP_NAMES";
/// and where the memory of the raw words is.
const MEMORY: &str = "AQUEDUCT_ROUND_TRIP_MEMORY";

/// Longer than a peer takes to start, or for a block.
const LONG: Duration = Duration::from_mins(1);

/// What a peer is told.
pub struct Parent {
    names: String,
    memory: PathBuf,
}

/// Who executed this program again, if it is a peer.
pub fn parent() -> Option<Parent> {
    Some(Parent {
        names: std::env::var(NAMES).ok()?,
        memory: std::env::var_os(MEMORY)?.into(),
    })
}

/// A peer's part, from the start to the end.
pub fn answer(options: &Options, parent: &Parent) -> Outcome<()> {
    // SAFETY: it asks to be killed when its parent ends.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    let name = |suffix| Name::parse(format!("{}-{suffix}", parent.names));
    let link = link_options(options);
    let links = Links {
        receiver: link.receiver(&name("there")?)?,
        sender: link.sender(&name("back")?)?,
    };
    let memory = File::options()
        .read(true)
        .write(true)
        .open(&parent.memory)?;
    let mut ends = Ends {
        links,
        raw: Raw::map(&memory, 1)?,
        // Without the buffers and locks of the standard library.
        pipes: Pipes {
            writer: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            reader: File::from(io::stdin().as_fd().try_clone_to_owned()?),
        },
    };
    let mut progress: Sender<u64> = open::Options::new().sender(&name("progress")?)?;
    progress.send(0)?;
    for (turn, number) in schedule::turns(options.blocks).zip(1..) {
        ends.answer(&turn, options.trips)?;
        progress.send(number)?;
    }
    Ok(())
}

fn link_options(options: &Options) -> open::Options {
    let link = open::Options::new();
    match options.capacity {
        Some(capacity) => link.capacity(capacity),
        None => link,
    }
}

/// The peer, and who receives its progress; it is gone when this is dropped.
pub struct Peer {
    process: Child,
    watcher: Option<JoinHandle<()>>,
}

impl Peer {
    /// Waits until it has done its part.
    pub fn finish(mut self) -> Outcome<()> {
        let watcher = self.watcher.take().map_or(Ok(()), JoinHandle::join);
        watcher.map_err(|_| "the watcher panicked".into())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a peer, and waits until it is attached.
pub fn meet(options: &Options) -> Outcome<(Ends<ChildStdin, ChildStdout>, Peer)> {
    // First, as threads that are begun later run where this one does.
    pin(options)?;
    let names = format!("aqueduct-round-trip-{}", process::id());
    let name = |suffix| Name::parse(format!("{names}-{suffix}"));
    let memory = File::from(memfd_create("round trip", MFdFlags::MFD_CLOEXEC)?);
    let raw = Raw::map(&memory, 0)?;
    let link = link_options(options);
    let links = Links {
        sender: link.sender(&name("there")?)?,
        receiver: link.receiver(&name("back")?)?,
    };
    let mut progress: Receiver<u64> = open::Options::new().receiver(&name("progress")?)?;
    let attached = start(options, &names, &memory).and_then(|peer| {
        progress.recv_timeout(LONG)?;
        Ok(peer)
    });
    // Whatever happens from here on, no name is left.
    links.sender.end().remove_name()?;
    links.receiver.end().remove_name()?;
    progress.end().remove_name()?;
    let mut peer = attached?;
    let writer = peer.process.stdin.take().ok_or("no pipe to the peer")?;
    let reader = peer.process.stdout.take().ok_or("no pipe from the peer")?;
    let blocks = schedule::turns(options.blocks).count();
    let process = Pid::from_raw(peer.process.id().cast_signed());
    peer.watcher = Some(thread::spawn(move || watch(progress, blocks, process)));
    let pipes = Pipes { writer, reader };
    Ok((Ends { links, raw, pipes }, peer))
}

/// Puts this process on its processor.
fn pin(options: &Options) -> Outcome<()> {
    if let Some(processors) = options.processors {
        processors.pin()?;
    }
    Ok(())
}

/// Executes this program again, with the same options.
fn start(options: &Options, names: &str, memory: &File) -> Outcome<Peer> {
    let mut command = processors::again(options.processors)?;
    let memory = format!("/proc/{}/fd/{}", process::id(), memory.as_raw_fd());
    command.args(std::env::args_os().skip(1));
    command.env(NAMES, names).env(MEMORY, memory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(Peer {
        process: command.spawn()?,
        watcher: None,
    })
}

/// Ends the program if the peer does not come to the end of its part: the rest of it may sleep on words
/// that nobody will change.
fn watch(mut progress: Receiver<u64>, blocks: usize, peer: Pid) {
    for _ in 0..blocks {
        if let Err(why) = progress.recv_timeout(LONG) {
            eprintln!("the peer is lost: {why}");
            let _ = kill(peer, Signal::SIGKILL);
            process::exit(1);
        }
    }
}
