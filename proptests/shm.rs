//! Real objects in the folder of shared memory, and real processes that use them.

mod attachment;
mod death;
mod keeper;
mod lock;
mod object;
mod refusal;
mod thousands;

use std::process::{Command, Stdio};
use std::sync::atomic::AtomicU32;

use aqueduct::shm::{Mapping, Name, Object, Uid};

pub(crate) use crate::scratch::{Scratch, suffixed};

/// Enough for a header and a few words.
const LEN: usize = 4096;

/// How a test tells its helper process which object to use; a helper without it does nothing.
const NAME: &str = "AQUEDUCT_TEST_NAME";

impl Scratch {
    /// An object of `LEN` zero bytes under this name.
    fn object(&self) -> Object {
        Object::create(self.name(), LEN, 0o600, |_| ()).expect("the object is created")
    }

    /// Another description of it.
    fn open(&self) -> Object {
        open(self.name())
    }
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
