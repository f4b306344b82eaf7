//! The type of a message as it stands in a header.

use core::fmt;
use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::place::Schema;

/// The type of a message as two programs can compare it.
#[derive(Clone, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Message {
    /// Of everything below: what was written here, and has changed since, is noticed.
    check: u64,
    /// Of all of the text, also of what is cut off.
    fingerprint: u64,
    size: u32,
    align: u32,
    /// Its [schema](crate::place::schema), cut behind the last line that fits, and filled up with zeros.
    text: [u8; TEXT],
}

const TEXT: usize = 936;

impl Message {
    /// The description of `T`.
    #[must_use]
    pub fn of<T: Schema>() -> Self {
        let schema = T::TYPE.to_string();
        let mut message = Self {
            check: 0,
            fingerprint: hash(schema.as_bytes()),
            size: u32::try_from(size_of::<T>()).unwrap_or(u32::MAX),
            align: u32::try_from(align_of::<T>()).unwrap_or(u32::MAX),
            text: [0; TEXT],
        };
        let end = end(&schema);
        message.text[..end].copy_from_slice(&schema.as_bytes()[..end]);
        message.check = message.sum();
        message
    }

    /// What `check` should be.
    fn sum(&self) -> u64 {
        hash(&self.as_bytes()[offset_of!(Self, fingerprint)..])
    }

    /// Whether it is as it was written; if not, what `check` is, and what it should be.
    pub(super) fn is_whole(&self) -> Result<(), (u64, u64)> {
        match self.sum() {
            sum if sum == self.check => Ok(()),
            sum => Err((self.check, sum)),
        }
    }

    /// What there is of its schema.
    fn text(&self) -> &[u8] {
        let used = self.text.iter().rposition(|&byte| byte != 0);
        &self.text[..used.map_or(0, |last| last + 1)]
    }

    /// Whether there was no room for all of it.
    fn is_cut(&self) -> bool {
        hash(self.text()) != self.fingerprint
    }

    /// Its schema, line by line, as far as a header has room for it. Another program may have written it, so
    /// it is made fit to be shown.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let text = self.text();
        let lines = text
            .strip_suffix(b"\n")
            .unwrap_or(text)
            .split(|&byte| byte == b'\n');
        lines.map(|line| String::from_utf8_lossy(line).escape_debug().to_string())
    }

    fn name(&self) -> String {
        self.lines().next().unwrap_or_default()
    }

    /// How this differs from what was `expected`, in words.
    pub(super) fn difference<'a>(&'a self, expected: &'a Self) -> impl fmt::Display + use<'a> {
        Difference(self, expected)
    }
}

/// How much of a schema a header has room for: whole lines, if there is one that fits.
fn end(schema: &str) -> usize {
    if schema.len() <= TEXT {
        return schema.len();
    }
    let end = schema.floor_char_boundary(TEXT);
    schema[..end].rfind('\n').map_or(end, |last| last + 1)
}

/// A hash after that of Fowler, Noll and Vo (FNV-1a), of eight bytes at a time, whose upper half goes
/// into the lower one, as a product only carries upwards. Each step can be undone: no two texts of one
/// length that differ in one word have the same hash.
fn hash(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let product = (hash ^ u64::from_ne_bytes(word)).wrapping_mul(0x0100_0000_01b3);
        product ^ (product >> 32)
    })
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, size, align) = (self.name(), self.size, self.align);
        write!(f, "`{name}` ({size} bytes, aligned to {align})")
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What was found, and what was expected.
struct Difference<'a>(&'a Message, &'a Message);

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(found, expected) = *self;
        let is_alike = (found.size, found.align) == (expected.size, expected.align);
        let (line, same) = first_difference(found, expected);
        if found.name() != expected.name() || line.is_none() && !is_alike {
            return write!(f, "{found}, not {expected}");
        }
        write!(f, "another `{}` than this program's: ", expected.name())?;
        match line {
            Some(Line { of, there, here }) => {
                let (there, here) = (Part(there), Part(here));
                write!(f, "of `{of}` it has {there}, this program {here}")
            }
            None => write!(f, "they differ behind line {same} of their schema"),
        }
    }
}

/// Where two schemas part.
struct Line {
    /// The type whose lines these are.
    of: String,
    /// A part of it; `None` if it has no more.
    there: Option<String>,
    here: Option<String>,
}

/// The first line that is not the same in both, if both can be told, and how many are.
fn first_difference(found: &Message, expected: &Message) -> (Option<Line>, usize) {
    let (mut there, mut here) = (found.lines(), expected.lines());
    let (mut of, mut same) = (String::new(), 0);
    loop {
        match (there.next(), here.next()) {
            (None, None) => return (None, same),
            (Some(there), Some(here)) if there == here => {
                same += 1;
                if !is_part(&there) {
                    of = there;
                }
            }
            (there, here) => {
                let is_unknown =
                    there.is_none() && found.is_cut() || here.is_none() && expected.is_cut();
                let [there, here] = [there, here].map(|line| line.filter(|line| is_part(line)));
                let is_told = !is_unknown && (there.is_some() || here.is_some());
                return (is_told.then_some(Line { of, there, here }), same);
            }
        }
    }
}

/// The parts of a type are indented, below its name.
fn is_part(line: &str) -> bool {
    line.starts_with(' ')
}

/// A part, in words.
struct Part(Option<String>);

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(line) => write!(f, "`{}`", line.trim_start()),
            None => f.write_str("nothing more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Unchecked;

    #[test]
    fn what_is_not_checked_yet_has_a_name_of_its_own() {
        let message = Message::of::<Unchecked<bool>>();
        assert_eq!(
            message.to_string(),
            "`Unchecked<bool>` (1 bytes, aligned to 1)"
        );
        assert_ne!(message, Message::of::<Unchecked<core::num::NonZeroU8>>());
    }
}
