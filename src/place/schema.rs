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
//!      repr u8
//!      Open = 1
//!      Done = 2
//! ```
//!
//! Of two types that have one name, the second is called `Place#2`.

mod known;

use core::{any, fmt, ptr};

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Parts {
    /// Nothing that has a name: a number, say.
    Whole,
    /// Any number of values of one type.
    Elements(&'static Type),
    /// The fields of a structure.
    Fields(&'static [Field]),
    /// What an enum's `repr` says of the number that stands first, and its variants.
    Variants(&'static str, &'static [Variant]),
}

/// A field of a structure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name, or its number.
    pub name: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// Its type.
    pub of: &'static Type,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The number that stands for it.
    pub discriminant: i128,
    /// The names and types of its fields. There is no padding between them, so their types say where
    /// they lie.
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

    /// Whether both have one name.
    fn is_called_as(&self, other: &Self) -> bool {
        let [own, other] = [self, other].map(|of| (of.name)());
        own == other || without_paths(own) == without_paths(other)
    }
}

/// Two types of which the same can be written are one, whatever the compiler calls them, and wherever
/// their descriptions lie.
impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self, other)
            || self.size == other.size && self.is_called_as(other) && self.parts == other.parts
    }
}

impl Parts {
    fn types(self) -> Vec<&'static Type> {
        match self {
            Self::Whole => Vec::new(),
            Self::Elements(of) => vec![of],
            Self::Fields(fields) => fields.iter().map(|field| field.of).collect(),
            Self::Variants(_, variants) => {
                let fields = variants.iter().flat_map(|variant| variant.fields);
                fields.map(|(_, of)| *of).collect()
            }
        }
    }

    /// A line for each part, all of which are listed.
    fn lines(self, listed: &Listed<'_>) -> Vec<String> {
        match self {
            Self::Whole => Vec::new(),
            // What they are, its own name says, unless that is the name of several.
            Self::Elements(of) if listed.known(of).before == 0 => Vec::new(),
            Self::Elements(of) => vec![format!("of {}", listed.known(of))],
            Self::Fields(fields) => fields.iter().map(|field| field.line(listed)).collect(),
            Self::Variants(repr, variants) => {
                let variants = variants.iter().map(|variant| variant.line(listed));
                [format!("repr {repr}")]
                    .into_iter()
                    .chain(variants)
                    .collect()
            }
        }
    }
}

impl Field {
    fn line(&self, listed: &Listed<'_>) -> String {
        let (start, end) = (self.offset, self.offset + self.of.size);
        format!("{}: {} in {start}..{end}", self.name, listed.known(self.of))
    }
}

impl Variant {
    fn line(&self, listed: &Listed<'_>) -> String {
        let fields = self.fields.iter();
        let fields: Vec<_> = fields
            .map(|(field, of)| format!("{field}: {}", listed.known(of)))
            .collect();
        let before = if fields.is_empty() { "" } else { " with " };
        let (name, number) = (self.name, self.discriminant);
        format!("{name} = {number}{before}{}", fields.join(", "))
    }
}

/// A type that was met. As text, what it is called: of several that have one name, the second is the
/// second.
struct Known<'a> {
    of: &'a Type,
    name: String,
    /// How many of its name were met before it.
    before: usize,
}

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.before {
            0 => Ok(()),
            before => write!(f, "#{}", before + 1),
        }
    }
}

/// A type and those of its parts, each once, as they are met.
#[derive(Default)]
struct Listed<'a>(Vec<Known<'a>>);

impl<'a> Listed<'a> {
    fn add(&mut self, of: &'a Type) {
        if self.0.iter().any(|known| known.of == of) {
            return;
        }
        let name = of.name();
        let before = self.0.iter().filter(|known| known.name == name).count();
        self.0.push(Known { of, name, before });
        for part in of.parts.types() {
            self.add(part);
        }
    }

    fn known(&self, of: &Type) -> &Known<'a> {
        let known = self.0.iter().find(|known| known.of == of);
        known.expect("a type is listed with its parts")
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut listed = Listed::default();
        listed.add(self);
        for (index, known) in listed.0.iter().enumerate() {
            let lines = known.of.parts.lines(&listed);
            if index > 0 && lines.is_empty() {
                continue;
            }
            writeln!(f, "{known}")?;
            for line in lines {
                writeln!(f, " {line}")?;
            }
        }
        Ok(())
    }
}

/// What depends on the crate that names it, left out.
fn without_paths(name: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let (modules, last) = name.rsplit_once(':').unwrap_or(("", name));
    // Each piece but the last ends with the name of a module; between the two colons there is none.
    let pieces = modules
        .split(':')
        .map(|piece| piece.trim_end_matches(is_part));
    pieces.chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type in itself, so many times.
    struct Within<const DEPTH: usize>;

    impl Schema for Within<0> {
        const TYPE: &'static Type = u64::TYPE;
    }

    macro_rules! within {
        ($($depth:literal)+) => {
            $(impl Schema for Within<$depth> {
                const TYPE: &'static Type = &Type::of::<Self>(Parts::Fields(&[
                    Field { name: "one", offset: 0, of: Within::<{ $depth - 1 }>::TYPE },
                ]));
            })+
        };
    }

    within!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);

    #[test]
    fn what_is_said_grows_with_the_parts_and_not_with_their_depth() {
        assert_eq!(Within::<16>::TYPE.to_string().lines().count(), 2 * 16);
    }

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
