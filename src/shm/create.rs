//! Creating objects: whole, and with all their space, before they have a name.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::libc;
use nix::sys::statvfs::statvfs;
use nix::unistd::linkat;

use super::object::{DEFAULT_MODE, check_length, descriptor_path};
use super::{CreateError, FOLDER, Mapping, Name, Object};

impl Object {
    /// Creates an object of `len` bytes, all zero but for what `init` writes, and gives it its
    /// name last: nobody ever finds it unfinished.
    ///
    /// Its permission bits are `mode`, whatever the umask. All its space is reserved.
    ///
    /// # Errors
    /// See [`CreateError`]; nothing is left behind.
    pub fn create(
        name: Name,
        len: usize,
        mode: u32,
        init: impl FnOnce(&Mapping),
    ) -> Result<Object, CreateError> {
        let object = Object::unnamed(name, len, mode)?;
        let mapping = object
            .map(len)
            .map_err(|error| object.not_created("map", error))?;
        init(&mapping);
        object.publish()?;
        Ok(object)
    }

    /// Creates an object that nobody else can find, for `name` once it is
    /// [published](Object::publish): the first half of [`create`](Object::create), for who wants
    /// to lock a byte of it in between.
    ///
    /// # Errors
    /// See [`CreateError`]; nothing is left behind.
    pub fn unnamed(name: Name, len: usize, mode: u32) -> Result<Object, CreateError> {
        let object = Object::empty(name, mode)?;
        object.reserve(len)?;
        Ok(object)
    }

    /// The same for an object of which only the first `reserved` bytes have memory yet; the rest of
    /// its `len` bytes is a hole. To touch that before its memory is reserved may be a bus error.
    pub(super) fn sparse(
        name: Name,
        len: usize,
        reserved: usize,
        mode: u32,
    ) -> Result<Object, CreateError> {
        let object = Object::empty(name, mode)?;
        let sized = check_length(&object.file, len as u64);
        let sized = sized.and_then(|()| object.file.set_len(len as u64));
        sized.map_err(|error| object.not_created("set the size of", error))?;
        object.reserve(reserved)?;
        Ok(object)
    }

    /// An object of no bytes that nobody else can find.
    fn empty(name: Name, mode: u32) -> Result<Object, CreateError> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .mode(DEFAULT_MODE)
            .custom_flags(libc::O_TMPFILE);
        let object = match options.open(FOLDER) {
            Ok(file) => Object::from_file(name.clone(), file),
            Err(source) => return Err(no_unnamed_file(name, source)),
        };
        let object = object.map_err(|source| {
            let action = "look at";
            CreateError::Io {
                action,
                name,
                source,
            }
        })?;
        let mode = fs::Permissions::from_mode(mode & 0o777);
        let changed = object.file.set_permissions(mode);
        changed.map_err(|error| object.not_created("set the mode of", error))?;
        Ok(object)
    }

    /// Reserves the space of the first `len` bytes.
    fn reserve(&self, len: usize) -> Result<(), CreateError> {
        let wanted = len as u64;
        let permitted = check_length(&self.file, wanted);
        permitted.map_err(|error| self.not_created("reserve the space of", error))?;
        match self.allocate(0, len) {
            Ok(()) => Ok(()),
            Err(Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG) => Err(self.no_space(wanted)),
            Err(error) => Err(self.not_created("reserve the space of", error.into())),
        }
    }

    /// Gives the object its name: from now on others can open it.
    ///
    /// # Errors
    /// [`CreateError::AlreadyExists`] if the name is taken; the object goes on without one.
    pub fn publish(&self) -> Result<(), CreateError> {
        let follow = AtFlags::AT_SYMLINK_FOLLOW;
        let ours = descriptor_path(&self.file);
        match linkat(
            AT_FDCWD,
            ours.as_str(),
            AT_FDCWD,
            &self.name().path(),
            follow,
        ) {
            Ok(()) => Ok(()),
            Err(Errno::EEXIST) => Err(CreateError::AlreadyExists {
                name: self.name().clone(),
            }),
            Err(Errno::EACCES) => Err(CreateError::Permission {
                name: self.name().clone(),
            }),
            Err(error @ (Errno::ENOENT | Errno::ENOTDIR)) => {
                let action = "use /proc (is it mounted?) to name";
                Err(self.not_created(action, error.into()))
            }
            Err(error) => Err(self.not_created("name", error.into())),
        }
    }

    fn no_space(&self, wanted: u64) -> CreateError {
        CreateError::NoSpace {
            name: self.name().clone(),
            wanted,
            available: available(),
        }
    }

    pub(super) fn not_created(&self, action: &'static str, source: io::Error) -> CreateError {
        CreateError::Io {
            action,
            name: self.name().clone(),
            source,
        }
    }
}

/// How many bytes are free in the folder of shared memory.
fn available() -> u64 {
    let free = statvfs(FOLDER).map(|folder| folder.blocks_available() * folder.fragment_size());
    free.unwrap_or(0)
}

/// Why the folder of shared memory did not give a file without a name.
fn no_unnamed_file(name: Name, source: io::Error) -> CreateError {
    match source.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES) => CreateError::Permission { name },
        Some(Errno::EOPNOTSUPP | Errno::EISDIR | Errno::ENOENT | Errno::ENOTDIR) => {
            CreateError::Unsupported { name, source }
        }
        _ => CreateError::Io {
            action: "create",
            name,
            source,
        },
    }
}
