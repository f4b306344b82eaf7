//! Names for a test, under which nothing is left behind.

use std::fs;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aqueduct::shm::{Name, list};

/// A name of this test process alone; whatever lies under it is removed at the end.
pub(crate) struct Scratch(Name);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Relaxed);
        let name = format!("aqueduct-test-{}-{count}", process::id());
        Scratch(Name::parse(name).expect("a good name"))
    }

    /// This name, which no other test has.
    pub(crate) fn of(name: Name) -> Scratch {
        Scratch(name)
    }

    /// A name that a helper can derive from this one.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Scratch {
        Scratch(suffixed(&self.0, suffix))
    }

    pub(crate) fn name(&self) -> Name {
        self.0.clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = self.0.path();
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }
}

/// All names of objects that begin so, with their slash.
pub fn names_with(prefix: &str) -> Vec<Name> {
    let mut names = list().expect("the folder can be read");
    names.retain(|name| name.to_string().starts_with(prefix));
    names
}

/// The name with this at its end.
pub fn suffixed(name: &Name, suffix: &str) -> Name {
    Name::parse(format!("{name}-{suffix}")).expect("a good name")
}
