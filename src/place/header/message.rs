//! The type of a message as it stands in a header.

use core::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The type of a message as two programs can compare it.
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Message {
    size: u32,
    align: u32,
    /// The type's own name, without its path, cut to fit and filled up with zeros.
    name: [u8; 32],
}

impl Message {
    /// The description of `T`.
    #[must_use]
    pub fn of<T>() -> Self {
        let path = core::any::type_name::<T>();
        // The path depends on the crate that names the type; two programs share only the name.
        let own = match path.split_once('<') {
            Some(_) => path,
            None => path.rsplit("::").next().unwrap_or(path),
        };
        let mut name = [0; 32];
        let length = own.len().min(name.len());
        name[..length].copy_from_slice(&own.as_bytes()[..length]);
        Self {
            size: u32::try_from(size_of::<T>()).unwrap_or(u32::MAX),
            align: u32::try_from(align_of::<T>()).unwrap_or(u32::MAX),
            name,
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self
            .name
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(self.name.len());
        write!(
            f,
            "`{}` ({} bytes, aligned to {})",
            self.name[..end].escape_ascii(),
            self.size,
            self.align
        )
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
