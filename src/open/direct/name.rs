//! The names of processes, and the names of the objects that belong to them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::shm::Name;

/// The longest name of a process, in bytes.
pub(super) const LONGEST: usize = 32;

/// What a process is called: up to 32 letters, digits, `-` and `_`, of ASCII.
///
/// There is no dot in it, so dots part it from the rest of an object's name.
///
/// ```
/// use aqueduct::open::direct::ProcessName;
///
/// let name: ProcessName = "printer-2".parse()?;
/// assert_eq!(name.as_str(), "printer-2");
/// assert!("printer.2".parse::<ProcessName>().is_err());
/// # Ok::<(), aqueduct::open::direct::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessName {
    /// The text, and zeros behind it.
    bytes: [u8; LONGEST],
}

/// Why a text is not the name of a process.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing.
    #[error("the name of a process is empty; give it one, such as `printer`")]
    Empty,
    /// More than there is room for in a letter.
    #[error(
        "the name of a process has {len} bytes, and at most {LONGEST} are possible; shorten it"
    )]
    TooLong {
        /// How long it is, in bytes.
        len: usize,
    },
    /// A character that would make the names of objects ambiguous, or hard to read.
    #[error(
        "the name of a process has {character:?} in it; \
         use only the letters `a` to `z` and `A` to `Z`, digits, `-` and `_`"
    )]
    Character {
        /// The first one.
        character: char,
    },
}

impl ProcessName {
    /// The name that `text` writes.
    ///
    /// # Errors
    /// What is wrong with it, if no process can be named so.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, NameError> {
        let text = text.as_ref();
        let odd = |&character: &char| {
            !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
        };
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(character) = text.chars().find(odd) {
            return Err(NameError::Character { character });
        }
        if text.len() > LONGEST {
            return Err(NameError::TooLong { len: text.len() });
        }
        let mut bytes = [0; LONGEST];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It was checked.
        text(&self.bytes).unwrap_or_default()
    }

    /// The text, and zeros behind it.
    pub(super) fn to_bytes(self) -> [u8; LONGEST] {
        self.bytes
    }

    /// The name in bytes that somebody else wrote; `None` if it is none.
    pub(super) fn from_bytes(bytes: &[u8; LONGEST]) -> Option<Self> {
        let name = Self::parse(text(bytes)?).ok()?;
        (name.bytes == *bytes).then_some(name)
    }

    /// The object whose owner has this name.
    pub(super) fn claim(self) -> Name {
        object(format!("direct.{self}"))
    }

    /// The mailbox of this process.
    pub(super) fn inbox(self) -> Name {
        object(format!("direct.{self}.inbox"))
    }

    /// The link from this process to another one.
    pub(super) fn link_to(self, to: Self) -> Name {
        object(format!("direct.{self}.to.{to}"))
    }
}

/// What stands before the zeros.
fn text(bytes: &[u8; LONGEST]) -> Option<&str> {
    let len = bytes.iter().position(|&byte| byte == 0);
    std::str::from_utf8(&bytes[..len.unwrap_or(LONGEST)]).ok()
}

fn object(text: String) -> Name {
    Name::parse(text).expect("it is short, and has no slash")
}

impl fmt::Display for ProcessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ProcessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for ProcessName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ProcessName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ProcessName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl FromStr for ProcessName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_name_has_its_error() {
        let bad = |text: &str| ProcessName::parse(text).expect_err(text);
        let character = |character| NameError::Character { character };
        assert_eq!(bad(""), NameError::Empty);
        for odd in ['.', '/', ' ', '\0', '\n', 'é', '>'] {
            assert_eq!(bad(&format!("a{odd}b")), character(odd));
        }
        assert_eq!(bad(&"n".repeat(33)), NameError::TooLong { len: 33 });
        assert!(bad("a.b").to_string().contains("digits"));
        for good in ["P", "a-b", "_", "-", "0", &"n".repeat(32)] {
            assert_eq!(ProcessName::parse(good).expect(good), good);
        }
    }

    #[test]
    fn no_two_things_share_an_object() {
        let name = |text| ProcessName::parse(text).expect("a good name");
        let texts = [
            "a", "b", "c", "a-b", "b-c", "to", "inbox", "a-to-b", "direct",
        ];
        let mut all = Vec::new();
        for one in texts {
            all.extend([name(one).claim(), name(one).inbox()]);
            all.extend(texts.map(|other| name(one).link_to(name(other))));
        }
        let len = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), len);
        assert_eq!(name("P").link_to(name("Q")).to_string(), "/direct.P.to.Q");
    }

    #[test]
    fn bytes_are_a_name_only_if_a_name_has_these_bytes() {
        let name = ProcessName::parse("P").expect("a good name");
        assert_eq!(ProcessName::from_bytes(&name.to_bytes()), Some(name));
        assert_eq!(
            ProcessName::from_bytes(&[b'n'; 32]).unwrap().as_str().len(),
            32
        );
        let bad: [&[u8]; 4] = [b"", b"a\0b", b"\xff", b"a.b"];
        for start in bad {
            let mut bytes = [0; LONGEST];
            bytes[..start.len()].copy_from_slice(start);
            assert_eq!(ProcessName::from_bytes(&bytes), None);
        }
    }
}
