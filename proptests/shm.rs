//! Real objects in the folder of shared memory, and real processes that use them.

mod death;
mod keeper;
mod lock;
mod object;
mod refusal;

use std::fs;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aqueduct::shm::{Mapping, Name, Object, Uid};

/// Enough for a header and a few words.
const LEN: usize = 4096;

/// How a test tells its helper process which object to use; a helper without it does nothing.
const NAME: &str = "AQUEDUCT_TEST_NAME";

/// A name of this test process alone; whatever lies under it is removed at the end.
pub(crate) struct Scratch(Name);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Relaxed);
        let name = format!("aqueduct-test-{}-{count}", process::id());
        Scratch(Name::parse(name).expect("a good name"))
    }

    /// A name that a helper can derive from this one.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Scratch {
        Scratch(suffixed(&self.0, suffix))
    }

    pub(crate) fn name(&self) -> Name {
        self.0.clone()
    }

    /// An object of `LEN` zero bytes under this name.
    fn object(&self) -> Object {
        Object::create(self.name(), LEN, 0o600, |_| ()).expect("the object is created")
    }

    /// Another description of it.
    fn open(&self) -> Object {
        open(self.name())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = self.0.path();
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }
}

/// The name with this at its end.
pub fn suffixed(name: &Name, suffix: &str) -> Name {
    Name::parse(format!("{name}-{suffix}")).expect("a good name")
}

fn open(name: Name) -> Object {
    Object::open(name, Uid::effective()).expect("the object is opened")
}

/// A word of a mapped object.
fn word(mapping: &Mapping, offset: usize) -> &AtomicU32 {
    assert!(offset.is_multiple_of(4) && offset + 4 <= mapping.len());
    let address = mapping.as_ptr().wrapping_add(offset);
    // SAFETY: it lies in the mapping, aligned, and everybody uses it as an atomic word.
    unsafe { AtomicU32::from_ptr(address.cast()) }
}

/// This test program again, running only the ignored test `helper`, with the object `name`.
pub fn helper(helper: &str, name: &Name) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test program's path"));
    command
        .args(["--exact", "--ignored", "--nocapture", helper])
        .env(NAME, name.as_os_str());
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// In a helper process: the object to use.
pub fn name_for_helper() -> Option<Name> {
    let name = std::env::var_os(NAME)?;
    Some(Name::parse(name).expect("a good name"))
}
