//! Puts `Hello` and then `World!` into the shared-memory object `OS`, for `posix_consumer` to print.
//!
//! The object gets its name when all of it is there, so nobody finds half of it; and what has not been
//! read yet is waited for. `posix_producer NAME` takes another name.

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use aqueduct::shm::{CreateError, Mapping, Name, Object};

const SIZE: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args_os().nth(1).unwrap_or("OS".into());
    let name = Name::parse(name)?;
    loop {
        match Object::create(name.clone(), SIZE, 0o666, write) {
            Ok(_) => return Ok(()),
            // Of a producer before, and not read yet.
            Err(CreateError::AlreadyExists { .. }) => sleep(Duration::from_millis(1)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Byte 0 of the object is the text, as the textbook's programs expect; zeros follow.
fn write(memory: &Mapping) {
    let mut text = memory.as_ptr();
    for word in ["Hello", "World!"] {
        // SAFETY: there is room for both words, and nobody else knows the object yet.
        unsafe { text.copy_from(word.as_ptr(), word.len()) };
        text = text.wrapping_add(word.len());
    }
}
