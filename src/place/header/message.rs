//! The type of a message as it stands in a header.

use core::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The type of a message as two programs can compare it.
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Message {
    size: u32,
    align: u32,
    /// The type's own name, without paths, cut to fit and filled up with zeros.
    name: [u8; 32],
}

impl Message {
    /// The description of `T`.
    #[must_use]
    pub fn of<T>() -> Self {
        let own = without_paths(core::any::type_name::<T>());
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

/// The name of a type without the paths in it, which depend on the crate that names it: two programs
/// share only the name.
fn without_paths(name: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let (modules, last) = name.rsplit_once("::").unwrap_or(("", name));
    // Each piece but the last ends with the name of a module.
    let pieces = modules
        .split("::")
        .map(|piece| piece.trim_end_matches(is_part));
    pieces.chain([last]).collect()
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // To the last byte that is not zero: two names that differ are written differently.
        let last = self.name.iter().rposition(|&byte| byte != 0);
        let end = last.map_or(0, |last| last + 1);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Unchecked;

    #[test]
    fn a_name_stands_without_its_paths() {
        for (name, own) in [
            ("u64", "u64"),
            ("a::b::Order", "Order"),
            ("a::Pair<b::c::Left, d_1::Right>", "Pair<Left, Right>"),
            ("[a::Order; 3]", "[Order; 3]"),
            ("(a::b::One, u8)", "(One, u8)"),
        ] {
            assert_eq!(without_paths(name), own);
        }
    }

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
