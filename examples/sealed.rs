//! A link with a process that is not trusted: its memory goes over a socket, and nothing that stands in it
//! is believed.

use std::env;
use std::error::Error;
use std::io::stdin;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use aqueduct::open::sealed::Options;
use aqueduct::position::Capacity;

fn main() -> Result<(), Box<dyn Error>> {
    if env::args().nth(1).as_deref() == Some("child") {
        return child();
    }
    let (here, there) = UnixStream::pair()?;
    let mut child = Command::new(env::current_exe()?);
    child.arg("child").stdin(Stdio::from(OwnedFd::from(there)));
    let mut child = child.spawn()?;
    // The child can read the messages, and not write over them.
    let options = Options::new().capacity(Capacity::new(16)?).read_only();
    let options = options.timeout(Duration::from_secs(10));
    let mut sender = options.offer_receiver::<u64>(here)?;
    assert_eq!(sender.end().peer().pid().cast_unsigned(), child.id());
    for number in 1..=100 {
        sender.send(number)?;
    }
    drop(sender); // a goodbye
    assert!(child.wait()?.success());
    Ok(())
}

/// The other process; its socket is its standard input.
fn child() -> Result<(), Box<dyn Error>> {
    let socket = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
    // It takes no more memory than this, whatever it is offered.
    let options = Options::new()
        .max_bytes(1 << 20)
        .timeout(Duration::from_secs(10));
    let mut receiver = options.accept_receiver::<u64>(socket)?;
    let sum: u64 = receiver.iter().sum();
    println!("the sum of what came is {sum}");
    Ok(())
}
