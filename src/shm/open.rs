//! Opening objects: looked at first, and opened only if they are what was expected.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

use nix::libc;
use nix::unistd::Uid;

use super::object::descriptor_path;
use super::{Kind, Name, Object, OpenError};

/// Who may read, write and execute.
const PERMISSIONS: u32 = 0o777;

impl Object {
    /// Opens the object that has `name` and belongs to `owner`.
    ///
    /// What lies under the name is looked at before it is opened, so that no symbolic link is
    /// followed, no FIFO waited for and no device touched.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(name: Name, owner: Uid) -> Result<Object, OpenError> {
        let found = find(&name)?;
        let metadata = found.metadata().map_err(|source| {
            let (action, name) = ("look at", name.clone());
            OpenError::Io {
                action,
                name,
                source,
            }
        })?;
        check_kind(&name, metadata.file_type())?;
        let actual = Uid::from_raw(metadata.uid());
        if actual != owner {
            return Err(OpenError::ForeignOwner {
                name,
                owner: actual,
                expected: owner,
            });
        }
        let count = metadata.nlink();
        if count > 1 {
            return Err(OpenError::HardLink { name, count });
        }
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK);
        let opened = options.open(descriptor_path(&found));
        match opened.and_then(|file| Object::from_file(name.clone(), file)) {
            Ok(object) => Ok(object),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(OpenError::Permission {
                    name,
                    mode: metadata.mode() & 0o7777,
                    owner: actual,
                })
            }
            Err(source) => {
                let action = match source.kind() {
                    io::ErrorKind::NotFound => "use /proc (is it mounted?) to open",
                    _ => "open",
                };
                Err(OpenError::Io {
                    action,
                    name,
                    source,
                })
            }
        }
    }

    /// Whether this object, if it is this user's own, is open to nobody but those whom its
    /// permission bits would let in if they were `mode`. For one who is about to believe what lies in
    /// it: whoever may write into it may have done so.
    ///
    /// Another user, of whom an object was expected, has chosen its mode.
    ///
    /// # Errors
    /// [`OpenError::WideMode`]; or the kernel's.
    pub fn check_mode(&self, mode: u32) -> Result<(), OpenError> {
        let expected = mode & PERMISSIONS;
        let metadata = self.file.metadata().map_err(|source| OpenError::Io {
            action: "look at",
            name: self.name().clone(),
            source,
        })?;
        let mode = metadata.mode() & PERMISSIONS;
        if metadata.uid() != Uid::effective().as_raw() || mode & !expected == 0 {
            return Ok(());
        }
        Err(OpenError::WideMode {
            name: self.name().clone(),
            mode,
            expected,
        })
    }
}

/// A handle on what lies under `name`, which does not open it.
fn find(name: &Name) -> Result<File, OpenError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_NOFOLLOW);
    options.open(name.path()).map_err(|source| {
        let name = name.clone();
        if source.kind() == io::ErrorKind::NotFound {
            return OpenError::NotFound { name };
        }
        OpenError::Io {
            action: "find",
            name,
            source,
        }
    })
}

/// Refuses what is no regular file.
fn check_kind(name: &Name, found: fs::FileType) -> Result<(), OpenError> {
    let name = || name.clone();
    let kind = match found {
        found if found.is_file() => return Ok(()),
        found if found.is_symlink() => return Err(OpenError::Symlink { name: name() }),
        found if found.is_dir() => Kind::Directory,
        found if found.is_fifo() => Kind::Fifo,
        found if found.is_socket() => Kind::Socket,
        found if found.is_block_device() || found.is_char_device() => Kind::Device,
        _ => Kind::Unknown,
    };
    Err(OpenError::NotRegular { name: name(), kind })
}
