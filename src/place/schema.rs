//! What a message consists of, as two programs can compare it: which fields, of which types, where.
//!
//! ```text
//!     Order                              the type of a message
//!      number: u64 in 0..8               its fields, and the bytes that they are
//!      place: Place in 8..16
//!      state: State in 16..17
//!      reserved: [u8; 7] in 17..24
//!     Place                              the types of its fields, each once
//!      x: f32 in 0..4
//!      y: f32 in 4..8
//!     State
//!      Open = 1
//!      Done = 2
//! ```

mod known;

use core::{any, fmt};

/// A type that says what its values consist of.
///
/// Derived, by `#[derive(Schema)]`: of a structure these are its fields, of an enum its variants. Two programs
/// that know the same name with different definitions are told which field differs, instead of taking
/// one for the other.
///
/// ```
/// use aqueduct::place::Schema;
///
/// #[derive(Schema)]
/// #[repr(C)]
/// struct Sample {
///     time: u64,
///     value: f32,
/// }
///
/// let text = Sample::TYPE.to_string();
/// assert_eq!(text, "Sample\n time: u64 in 0..8\n value: f32 in 8..12\n");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it consists of, so two programs cannot compare it",
    label = "this has no schema",
    note = "derive `aqueduct::place::Schema` for it",
    note = "a type of another crate: send a structure of your own that has its parts"
)]
pub trait Schema {
    /// What a value consists of.
    const TYPE: &'static Type;
}

/// A type, and what its values consist of. As text, it is what this module begins with.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Its name, with paths: a function, because no constant can be one yet.
    name: fn() -> &'static str,
    size: usize,
    parts: Parts,
}

/// What the values of a type consist of.
#[derive(Clone, Copy, Debug)]
pub enum Parts {
    /// Nothing that has a name: a number, say.
    Whole,
    /// Any number of values of one type.
    Elements(&'static Type),
    /// The fields of a structure.
    Fields(&'static [Field]),
    /// The variants of an enum.
    Variants(&'static [Variant]),
}

/// A field of a structure.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, or its number.
    pub name: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// Its type.
    pub of: &'static Type,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The number that stands for it.
    pub discriminant: i128,
    /// The names and types of its fields.
    pub fields: &'static [(&'static str, &'static Type)],
}

impl Type {
    /// The description of `T`, which consists of these parts.
    #[must_use]
    pub const fn of<T>(parts: Parts) -> Self {
        Self {
            name: any::type_name::<T>,
            size: size_of::<T>(),
            parts,
        }
    }

    /// Its name, without the paths in it, which depend on the crate that names it: two programs share
    /// only the name.
    #[must_use]
    pub fn name(&self) -> String {
        without_paths((self.name)())
    }

    /// Lists this type, and those of its parts, each once.
    fn list<'a>(&'a self, known: &mut Vec<&'a Type>) {
        if known.iter().all(|other| (other.name)() != (self.name)()) {
            known.push(self);
            for part in self.parts.types() {
                part.list(known);
            }
        }
    }
}

impl Parts {
    fn types(self) -> Vec<&'static Type> {
        match self {
            Self::Whole => Vec::new(),
            Self::Elements(of) => vec![of],
            Self::Fields(fields) => fields.iter().map(|field| field.of).collect(),
            Self::Variants(variants) => {
                let fields = variants.iter().flat_map(|variant| variant.fields);
                fields.map(|(_, of)| *of).collect()
            }
        }
    }

    /// Whether they have lines of their own.
    fn are_named(self) -> bool {
        matches!(self, Self::Fields(_) | Self::Variants(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut types = Vec::new();
        self.list(&mut types);
        for (index, of) in types.into_iter().enumerate() {
            if index > 0 && !of.parts.are_named() {
                continue;
            }
            writeln!(f, "{}", of.name())?;
            match of.parts {
                Parts::Whole | Parts::Elements(_) => {}
                Parts::Fields(fields) => write_lines(f, fields)?,
                Parts::Variants(variants) => write_lines(f, variants)?,
            }
        }
        Ok(())
    }
}

fn write_lines(f: &mut fmt::Formatter<'_>, parts: &[impl fmt::Display]) -> fmt::Result {
    parts.iter().try_for_each(|part| writeln!(f, " {part}"))
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.offset, self.offset + self.of.size);
        write!(f, "{}: {} in {start}..{end}", self.name, self.of.name())
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.discriminant)?;
        let mut before = " with ";
        for (name, of) in self.fields {
            write!(f, "{before}{name}: {}", of.name())?;
            before = ", ";
        }
        Ok(())
    }
}

/// What depends on the crate that names it, left out.
fn without_paths(name: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let (modules, last) = name.rsplit_once("::").unwrap_or(("", name));
    // Each piece but the last ends with the name of a module.
    let pieces = modules
        .split("::")
        .map(|piece| piece.trim_end_matches(is_part));
    pieces.chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
