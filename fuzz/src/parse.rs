//! Names and headers of any bytes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use aqueduct::buffer::spsc::Ring;
use aqueduct::place::header::{Header, Kind};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::{FOLDER, Name};
use zerocopy::IntoBytes as _;

use super::input::Input;
use super::sum;

/// A name is one of a file in the folder of shared memory, or is refused.
pub fn name(data: &[u8]) {
    match Name::parse(OsStr::from_bytes(data)) {
        Ok(name) => {
            let path = name.path();
            assert_eq!(path.parent(), Some(Path::new(FOLDER)));
            let again = Name::parse(name.as_os_str()).expect("its own words are a name");
            assert_eq!(again, name);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A header of an honest object, of which some bytes are others, or any bytes, is one of an object that
/// this program could have made, or is refused.
pub fn header(data: &[u8]) {
    let mut input = Input(data);
    let Some(choice) = input.byte() else { return };
    let capacity = Capacity::new(usize::from(choice / 8) + 1).expect("it is not 0");
    let honest = Header::new::<Ring<Native, u64>, u64>(Kind::Messages, capacity);
    let honest = honest.expect("it is small");
    let mut bytes = [0; size_of::<Header>()];
    if choice % 8 == 0 {
        let len = input.0.len().min(bytes.len());
        bytes[..len].copy_from_slice(&input.0[..len]);
    } else {
        bytes.copy_from_slice(honest.as_bytes());
        while let (Some(at), Some(byte)) = (input.below(bytes.len()), input.byte()) {
            bytes[at] ^= byte;
        }
        if choice % 8 < 4 {
            sum::renew(&mut bytes);
        }
    }
    believe(&bytes, honest.size());
}

fn believe(bytes: &[u8], size: u64) {
    let header = match Header::read(bytes, size) {
        Ok(header) => header,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(header.size(), size);
    assert!(header.message().lines().all(|line| !line.contains('\n')));
    let shown = format!(
        "{:?} {} {:?}",
        header.carries(),
        header.kind(),
        header.message()
    );
    assert!(!shown.is_empty());
    for kind in [
        Kind::Bytes,
        Kind::Messages,
        Kind::Records,
        Kind::Mailbox,
        Kind::Pipe,
    ] {
        match header.check::<Ring<Native, u64>, u64>(kind) {
            Ok(capacity) => {
                let own = Header::new::<Ring<Native, u64>, u64>(kind, capacity);
                assert_eq!(
                    own.as_ref(),
                    Ok(&header),
                    "one that was believed is one that is made"
                );
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
