//! Why a command failed, in words, and with which exit code.

mod code;

use std::io;
use std::path::PathBuf;

use aqueduct::link::Role;
use aqueduct::open::{AttachError, RemoveError};
use aqueduct::shm::{Name, OpenError};
use thiserror::Error;

/// Why a command failed. Each message names the thing, and says what to do.
#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Attach(#[from] AttachError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Remove(#[from] RemoveError),
    #[error("{name} is not an aqueduct object: {reason}; `aqueduct list` shows those that are")]
    NotOurs { name: Name, reason: String },
    #[error("cannot {action} {}: {source}{}", .file.display(), advice(.source))]
    File {
        action: &'static str,
        file: PathBuf,
        source: io::Error,
    },
    #[error("{} is not the file of this stream: it has {length} bytes, and {name} stands at byte {position}; give the file that the stream began with", .file.display())]
    OtherFile {
        file: PathBuf,
        length: u64,
        name: Name,
        position: u64,
    },
    #[error("the standard input is closed; name a FILE, or give it with `<` or a pipe")]
    InputClosed,
    #[error("the standard output was closed before the end; whoever reads it must stay")]
    OutputClosed,
    #[error("the {} closed {name} at byte {position}, before everything was received; send it again once there is another", .role)]
    PeerClosed {
        name: Name,
        role: Role,
        position: u64,
    },
    #[error("the {} of {name} died at byte {position}; {}", .role, aftermath(*.role))]
    PeerDied {
        name: Name,
        role: Role,
        position: u64,
    },
    #[error(
        "timed out: the {} of {name} did not act; start it, or allow a longer --timeout",
        .role
    )]
    TimedOut { name: Name, role: Role },
    #[error("{name} is corrupt: a position lies outside its capacity; begin again")]
    Corrupt { name: Name },
    #[error(
        "what is bad keeps links from working ({count} found); do what stands there, and look again"
    )]
    Unwell { count: usize },
    #[error("interrupted")]
    Interrupted,
    #[error("the demo failed: {0}")]
    Demo(String),
    #[error("the bench failed: {0}")]
    Bench(aqueduct::bench::Failure),
    #[cfg(feature = "model")]
    #[error("the lab failed: {0}")]
    Lab(String),
    #[error("a process of the demo failed, as it says above")]
    Part(u8),
    #[error("cannot {action}: {source}{}", advice(.source))]
    System {
        action: &'static str,
        source: io::Error,
    },
}

/// What has become of the bytes when a peer of this role died.
fn aftermath(role: Role) -> &'static str {
    match role {
        Role::Sender => {
            "all that it sent has been written; begin again, both sides with --resume to be able to go on"
        }
        Role::Receiver => "begin again, both sides with --resume to be able to go on",
    }
}

/// What to do about an error of a file.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; make room, or write elsewhere"
        }
        io::ErrorKind::NotFound => "; look for its name with `ls`",
        io::ErrorKind::PermissionDenied => "; ask its owner for access, or take another file",
        io::ErrorKind::IsADirectory => {
            "; name a file (`tar c DIR` makes one stream of a directory)"
        }
        _ => aqueduct::shm::advice(error),
    }
}

impl Failure {
    /// An error of a file.
    pub(super) fn file(
        action: &'static str,
        file: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::File {
            action,
            file,
            source,
        }
    }

    /// An error of the system that concerns no name and no file.
    pub(super) fn system(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { action, source }
    }
}
