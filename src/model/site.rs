//! Where an algorithm touches shared memory, and how each touch could be weaker.

use crate::platform::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::fmt;
use std::panic::Location;

/// What one use of the machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// A load.
    Load(Ordering),
    /// A plain store.
    Store(Ordering),
    /// A swap, an addition, a setting of bits.
    ReadModifyWrite(Ordering),
    /// A compare-exchange, with its two orderings.
    CompareExchange(Ordering, Ordering),
    /// What is left of a read-modify-write that is not atomic: a load, then a plain store, with
    /// their orderings.
    LoadThenStore(Ordering, Ordering),
    /// A fence.
    Fence(Ordering),
    /// The light half of an asymmetric fence.
    LightFence,
    /// The heavy half.
    HeavyFence,
    /// Reading a cell.
    Read,
    /// Writing a cell.
    Write,
    /// Sleeping on words.
    Wait,
    /// Waking the sleepers of a word.
    Wake,
    /// What is left of an access that was taken out.
    Nothing,
}

impl Access {
    /// Every way to weaken this access by one step or more; empty if there is none.
    #[must_use]
    pub fn weaker(self) -> Vec<Access> {
        match self {
            Access::Load(order) => weaker_orders(order).map(Access::Load).collect(),
            Access::Store(order) => weaker_orders(order).map(Access::Store).collect(),
            Access::ReadModifyWrite(order) => weaker_orders(order)
                .map(Access::ReadModifyWrite)
                .chain([halves(order, Relaxed)])
                .collect(),
            Access::CompareExchange(success, failure) => weaker_orders(success)
                .map(|weaker| Access::CompareExchange(weaker, failure))
                .chain(
                    weaker_orders(failure).map(|weaker| Access::CompareExchange(success, weaker)),
                )
                .chain([halves(success, failure)])
                .collect(),
            Access::Fence(order) => weaker_fences(order)
                .map(Access::Fence)
                .chain([Access::Nothing])
                .collect(),
            Access::HeavyFence => vec![Access::Fence(SeqCst), Access::Nothing],
            Access::LightFence | Access::Wake => vec![Access::Nothing],
            Access::Read
            | Access::Write
            | Access::Wait
            | Access::LoadThenStore(..)
            | Access::Nothing => Vec::new(),
        }
    }
}

/// A read-modify-write in two halves; `otherwise` is the order of the load where it need not acquire.
fn halves(order: Ordering, otherwise: Ordering) -> Access {
    let (load, store) = match order {
        Acquire => (Acquire, Relaxed),
        Release => (otherwise, Release),
        AcqRel | SeqCst => (Acquire, Release),
        _ => (otherwise, Relaxed),
    };
    Access::LoadThenStore(load, store)
}

fn weaker_orders(order: Ordering) -> impl Iterator<Item = Ordering> {
    let weaker: &[Ordering] = match order {
        SeqCst => &[AcqRel, Acquire, Release, Relaxed],
        AcqRel => &[Acquire, Release, Relaxed],
        Acquire | Release => &[Relaxed],
        _ => &[],
    };
    weaker.iter().copied()
}

fn weaker_fences(order: Ordering) -> impl Iterator<Item = Ordering> {
    let weaker: &[Ordering] = match order {
        SeqCst => &[AcqRel],
        AcqRel => &[Acquire, Release],
        _ => &[],
    };
    weaker.iter().copied()
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Access::Load(order) => write!(f, "load {order:?}"),
            Access::Store(order) => write!(f, "store {order:?}"),
            Access::ReadModifyWrite(order) => write!(f, "read-modify-write {order:?}"),
            Access::CompareExchange(success, failure) => {
                write!(f, "compare-exchange {success:?}/{failure:?}")
            }
            Access::LoadThenStore(load, store) => {
                write!(f, "load {load:?} then store {store:?}")
            }
            Access::Fence(order) => write!(f, "fence {order:?}"),
            Access::LightFence => f.write_str("light fence"),
            Access::HeavyFence => f.write_str("heavy fence"),
            Access::Read => f.write_str("read"),
            Access::Write => f.write_str("write"),
            Access::Wait => f.write_str("wait"),
            Access::Wake => f.write_str("wake"),
            Access::Nothing => f.write_str("nothing"),
        }
    }
}

/// One use of the machine in the source: a place, and what is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// Where the method was called.
    pub location: &'static Location<'static>,
    /// What was called.
    pub access: Access,
}

impl Site {
    /// What sites are sorted by: the order of the source.
    pub(super) fn key(&self) -> (&'static str, u32, u32, String) {
        (
            self.location.file(),
            self.location.line(),
            self.location.column(),
            self.access.to_string(),
        )
    }
}

/// The most lines that a statement may have to be found by its text.
const STATEMENT: usize = 8;

impl Site {
    /// The source from the place to the end of the statement, comments included, if the file can
    /// be read from the working directory or one above it; else nothing.
    #[must_use]
    pub fn source(&self) -> String {
        let text = source_text(self.location.file());
        let first = usize::try_from(self.location.line()).unwrap_or(1) - 1;
        let mut statement = Vec::new();
        for line in text.lines().skip(first).take(STATEMENT).map(str::trim) {
            if line.starts_with('}') {
                break;
            }
            statement.push(line);
            if line.contains([';', '{']) {
                break;
            }
        }
        statement.join(" ")
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.access)
    }
}

/// The text of a source file, or nothing. In a workspace the compiler names it from a folder above
/// the one that tests run in.
pub(super) fn source_text(file: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let mut folders = here.ancestors();
    let text = folders.find_map(|folder| std::fs::read_to_string(folder.join(file)).ok());
    text.unwrap_or_default()
}

/// An access that is weakened while a model is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mutation {
    pub(super) site: Site,
    pub(super) into: Access,
}

#[cfg(test)]
mod tests {
    use super::source_text;
    use std::path::Path;

    #[test]
    fn a_source_is_found_from_a_folder_above() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = package.file_name().unwrap().to_str().unwrap();
        let here = source_text("src/model/site.rs");
        assert!(here.contains("a_source_is_found"));
        assert_eq!(source_text(&format!("{folder}/src/model/site.rs")), here);
        assert_eq!(source_text("no/such/file.rs"), "");
    }
}
