//! Prints the text that a producer puts into the shared-memory object `OS`, and takes the name away.
//!
//! It may start first; and the producer may be the textbook's, whose object can be found before it has
//! all of its text: then the kernel says when nobody writes to it any more. `posix_consumer NAME` takes
//! another name.

use std::error::Error;
use std::ffi::CStr;
use std::io;
use std::thread::sleep;
use std::time::Duration;

use aqueduct::shm::Name;
use aqueduct::shm::posix::Posix;

const SIZE: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args_os().nth(1).unwrap_or("OS".into());
    let name = Name::parse(name)?;
    let object = loop {
        match find(&name)? {
            Some(object) => break object,
            None => sleep(Duration::from_millis(1)),
        }
    };
    let memory = object.map_to_read(SIZE)?;
    // SAFETY: nobody writes to it any more.
    let bytes = unsafe { memory.bytes() };
    println!("{}", CStr::from_bytes_until_nul(bytes)?.to_str()?);
    Posix::unlink(&name)?;
    Ok(())
}

/// The object, once it is written.
fn find(name: &Name) -> io::Result<Option<Posix>> {
    let object = match Posix::open_to_read(name) {
        Ok(object) => object,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Before the length: whoever writes may be about to give it one.
    let is_done = !object.is_being_written()? && object.len()? >= SIZE as u64;
    Ok(is_done.then_some(object))
}
