//! The names of objects, and which names there are.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

/// Where Linux keeps POSIX shared memory objects, as files.
pub const FOLDER: &str = "/dev/shm";

/// The longest name of a file, in bytes.
const NAME_MAX: usize = 255;

/// The name of a shared memory object.
///
/// `name` and `/name` are the same name, written `/name`; control characters in it are written
/// as escapes.
///
/// ```
/// use aqueduct::shm::Name;
///
/// let name = Name::parse("pictures")?;
/// assert_eq!(name, Name::parse("/pictures")?);
/// assert_eq!(name.to_string(), "/pictures");
/// # Ok::<(), aqueduct::shm::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Without a slash.
    bare: OsString,
}

/// Why a text is not the name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing, or a slash alone.
    #[error("the name is empty; give the object a name, such as `pictures`")]
    Empty,
    /// A slash that is not the first character.
    #[error("the name {name:?} has a slash inside; objects lie in no folders: use `-` or `.`")]
    InnerSlash {
        /// The text as given.
        name: OsString,
    },
    /// Longer than the name of a file may be.
    #[error("the name has {len} bytes, and at most {max} are possible; shorten it")]
    TooLong {
        /// How long it is, in bytes.
        len: usize,
        /// How long it may be, in bytes.
        max: usize,
    },
    /// `.` or `..`.
    #[error("the name {name:?} means a folder; use another name")]
    Dots {
        /// The text as given.
        name: OsString,
    },
    /// A byte that ends a text in the kernel.
    #[error("the name {name:?} has a zero byte inside; leave it out")]
    NulByte {
        /// The text as given.
        name: OsString,
    },
}

impl Name {
    /// The name that `text` writes, with or without a slash in front.
    ///
    /// # Errors
    /// What is wrong with it, if no object can be named so.
    pub fn parse(text: impl AsRef<OsStr>) -> Result<Name, NameError> {
        let text = text.as_ref();
        let given = || text.to_os_string();
        let bytes = text.as_bytes();
        let bytes = bytes.strip_prefix(b"/").unwrap_or(bytes);
        if bytes.is_empty() {
            return Err(NameError::Empty);
        }
        if bytes.contains(&0) {
            return Err(NameError::NulByte { name: given() });
        }
        if bytes.contains(&b'/') {
            return Err(NameError::InnerSlash { name: given() });
        }
        if matches!(bytes, b"." | b"..") {
            return Err(NameError::Dots { name: given() });
        }
        if bytes.len() > NAME_MAX {
            let (len, max) = (bytes.len(), NAME_MAX);
            return Err(NameError::TooLong { len, max });
        }
        let bare = OsStr::from_bytes(bytes).to_os_string();
        Ok(Name { bare })
    }

    /// The name without its slash.
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        &self.bare
    }

    /// Where the object lies as a file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.bare)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        // A name is somebody else's text: a terminal must not obey it, nor a line end with it.
        for character in self.bare.to_string_lossy().chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Name, NameError> {
        Name::parse(text)
    }
}

/// The names of all shared memory objects, ours and others', in order.
///
/// Only regular files count, and what cannot be looked at is left out.
///
/// # Errors
/// If the folder itself cannot be read.
pub fn list() -> io::Result<Vec<Name>> {
    let mut names: Vec<Name> = std::fs::read_dir(FOLDER)?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| Name::parse(entry.file_name()).ok())
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_in_front_makes_no_difference() {
        let name = Name::parse("/pictures").expect("a good name");
        assert_eq!(name, "pictures".parse().expect("a good name"));
        assert_eq!(name.to_string(), "/pictures");
        assert_eq!(name.path(), Path::new("/dev/shm/pictures"));
        assert!(Name::parse(".hidden").is_ok());
        assert!(Name::parse("...").is_ok());
    }

    #[test]
    fn each_bad_name_has_its_error() {
        let bad = |text: &str| Name::parse(text).expect_err(text);
        let name = OsString::from;
        assert_eq!(bad(""), NameError::Empty);
        assert_eq!(bad("/"), NameError::Empty);
        assert_eq!(bad("//a"), NameError::InnerSlash { name: name("//a") });
        assert_eq!(bad("a/b"), NameError::InnerSlash { name: name("a/b") });
        assert_eq!(bad("a/"), NameError::InnerSlash { name: name("a/") });
        assert_eq!(bad("."), NameError::Dots { name: name(".") });
        assert_eq!(bad("/.."), NameError::Dots { name: name("/..") });
        assert_eq!(bad("a\0b"), NameError::NulByte { name: name("a\0b") });
    }

    #[test]
    fn the_longest_name_is_that_of_a_file() {
        assert!(Name::parse("n".repeat(255)).is_ok());
        assert!(Name::parse("/".to_owned() + &"n".repeat(255)).is_ok());
        let long = Name::parse("n".repeat(256)).expect_err("too long");
        assert_eq!(long, NameError::TooLong { len: 256, max: 255 });
        assert!(long.to_string().contains("256 bytes"));
    }

    #[test]
    fn a_name_need_not_be_text() {
        let name = Name::parse(OsStr::from_bytes(b"\xff")).expect("a good name");
        assert_eq!(name.as_os_str().as_bytes(), b"\xff");
        assert_eq!(name.to_string(), "/\u{fffd}");
    }

    #[test]
    fn a_name_does_not_speak_to_the_terminal() {
        let name = Name::parse("a\u{1b}[2J\n\u{9b}é ").expect("a good name");
        assert_eq!(name.to_string(), "/a\\u{1b}[2J\\n\\u{9b}é ");
        assert_eq!(name.path(), Path::new("/dev/shm/a\u{1b}[2J\n\u{9b}é "));
    }
}
