//! The exit code of each failure.

use std::io;

use aqueduct::open::{AttachError, RemoveError};
use aqueduct::shm::{CreateError, OpenError};
use nix::errno::Errno;

use super::Failure;
use crate::cli::interrupt::INTERRUPTED;

impl Failure {
    /// The exit code that stands for it.
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Attach(error) => attach_code(error),
            Self::Open(error) => open_code(error),
            Self::Remove(error) => remove_code(error),
            Self::NotOurs { .. } => 10,
            Self::File { source, .. } | Self::System { source, .. } => io_code(source),
            Self::OtherFile { .. }
            | Self::InputClosed
            | Self::OutputClosed
            | Self::PeerClosed { .. }
            | Self::Unwell { .. }
            | Self::Bench(_)
            | Self::Demo(_) => 1,
            #[cfg(feature = "model")]
            Self::Lab(_) => 1,
            Self::Interrupted => INTERRUPTED,
            Self::Part(code) => *code,
            Self::PeerDied { .. } => 3,
            Self::TimedOut { .. } => 7,
            Self::Corrupt { .. } => 4,
        }
    }
}

fn attach_code(error: &AttachError) -> u8 {
    match error {
        AttachError::Create(error) => create_code(error),
        AttachError::Open(error) => open_code(error),
        AttachError::Size(_) => 5,
        AttachError::NotOurs { .. } => 10,
        AttachError::Mismatch { .. }
        | AttachError::Damaged { .. }
        | AttachError::NoOwner { .. }
        | AttachError::Positions { .. }
        | AttachError::Corrupt { .. } => 4,
        AttachError::Gate { .. } => 7,
        AttachError::SeatTaken { .. } | AttachError::SeatsTaken { .. } => 9,
        AttachError::Io { source, .. } => io_code(source),
        _ => 1,
    }
}

fn create_code(error: &CreateError) -> u8 {
    match error {
        CreateError::NoSpace { .. } | CreateError::Unfit { .. } => 5,
        CreateError::Permission { .. } => 6,
        CreateError::Unsupported { source, .. } | CreateError::Io { source, .. } => io_code(source),
        _ => 1,
    }
}

fn open_code(error: &OpenError) -> u8 {
    match error {
        OpenError::NotFound { .. } => 8,
        OpenError::Symlink { .. } | OpenError::HardLink { .. } | OpenError::NotRegular { .. } => 10,
        OpenError::ForeignOwner { .. }
        | OpenError::Permission { .. }
        | OpenError::WideMode { .. } => 6,
        OpenError::Io { source, .. } => io_code(source),
        _ => 1,
    }
}

fn remove_code(error: &RemoveError) -> u8 {
    match error {
        RemoveError::Open(error) => open_code(error),
        RemoveError::NotOurs { .. } => 10,
        RemoveError::InUse { .. } | RemoveError::Attached { .. } => 9,
        RemoveError::Io { source, .. } => io_code(source),
        _ => 1,
    }
}

fn io_code(error: &io::Error) -> u8 {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG | Errno::ENOMEM) => 5,
        Some(Errno::EACCES | Errno::EPERM | Errno::EROFS) => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use aqueduct::link::Role;
    use aqueduct::place::header::HeaderError;
    use aqueduct::shm::{Name, Uid};

    use super::*;

    fn name() -> Name {
        "x".parse().expect("a good name")
    }

    fn file(errno: Errno) -> Failure {
        Failure::file("write to", "f")(errno.into())
    }

    #[test]
    fn each_failure_has_its_exit_code() {
        let (name, role) = (name(), Role::Sender);
        let wanted = 1 << 20;
        let no_space = CreateError::NoSpace {
            name: name.clone(),
            wanted,
            available: 0,
        };
        let owner = Uid::from_raw(1);
        let foreign = OpenError::ForeignOwner {
            name: name.clone(),
            owner,
            expected: owner,
        };
        let source = HeaderError::NoCapacity { found: 0 };
        let reason = String::new();
        let position = 7;
        let table: [(Failure, u8); 17] = [
            (file(Errno::EIO), 1),
            (Failure::OutputClosed, 1),
            (
                Failure::PeerClosed {
                    name: name.clone(),
                    role,
                    position,
                },
                1,
            ),
            (Failure::Usage(String::new()), 2),
            (
                Failure::PeerDied {
                    name: name.clone(),
                    role,
                    position,
                },
                3,
            ),
            (Failure::Corrupt { name: name.clone() }, 4),
            (AttachError::Corrupt { name: name.clone() }.into(), 4),
            (
                AttachError::Mismatch {
                    name: name.clone(),
                    source,
                }
                .into(),
                4,
            ),
            (AttachError::from(no_space).into(), 5),
            (file(Errno::ENOSPC), 5),
            (file(Errno::EACCES), 6),
            (foreign.into(), 6),
            (
                Failure::TimedOut {
                    name: name.clone(),
                    role,
                },
                7,
            ),
            (OpenError::NotFound { name: name.clone() }.into(), 8),
            (
                AttachError::SeatTaken {
                    name: name.clone(),
                    role,
                }
                .into(),
                9,
            ),
            (Failure::NotOurs { name, reason }, 10),
            (Failure::Interrupted, 130),
        ];
        for (failure, code) in table {
            assert_eq!(failure.code(), code, "{failure:?}");
        }
    }

    #[test]
    fn the_lower_layers_agree() {
        let (name, role) = (name(), Role::Receiver);
        let symlink = OpenError::Symlink { name: name.clone() };
        let wide = OpenError::WideMode {
            name: name.clone(),
            mode: 0o666,
            expected: 0o600,
        };
        let no_owner = AttachError::NoOwner {
            name: name.clone(),
            found: 121,
            seats: 120,
        };
        let too_short = || HeaderError::TooShort { size: 0 };
        let table: [(Failure, u8); 6] = [
            (no_owner.into(), 4),
            (AttachError::from(symlink).into(), 10),
            (AttachError::from(wide).into(), 6),
            (
                AttachError::NotOurs {
                    name: name.clone(),
                    source: too_short(),
                }
                .into(),
                10,
            ),
            (
                RemoveError::NotOurs {
                    name: name.clone(),
                    source: too_short(),
                }
                .into(),
                10,
            ),
            (RemoveError::InUse { name, role }.into(), 9),
        ];
        for (failure, code) in table {
            assert_eq!(failure.code(), code, "{failure:?}");
        }
    }
}
