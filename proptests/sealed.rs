//! Links in sealed memory, with peers that are honest, and with peers that are not.

mod calls;
mod handed;
mod image;
mod killed;
pub mod liar;
mod lies;
mod live;
mod memory;
mod objects;
mod refused;
mod slow;
mod users;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;

use aqueduct::open::sealed::{Options, Receiver, SealedError, Sender};
use aqueduct::place::Plain;

use crate::running::LONG;

/// Options with an end: no test waits for ever.
fn options() -> Options {
    Options::new().timeout(LONG)
}

pub fn pair() -> [UnixStream; 2] {
    UnixStream::pair().expect("two sockets").into()
}

/// Both ends of a link: the maker has this end of it, and the other one is accepted.
fn ends<T: Plain>(
    maker_sends: bool,
    options: &Options,
) -> Result<(Sender<T>, Receiver<T>), SealedError> {
    let [here, there] = pair();
    let accepting = options.clone();
    thread::scope(|scope| {
        if maker_sends {
            let other = scope.spawn(move || accepting.accept_receiver(there));
            let sender = options.offer_receiver(here)?;
            Ok((sender, other.join().expect("it does not panic")?))
        } else {
            let other = scope.spawn(move || accepting.accept_sender(there));
            let receiver = options.offer_sender(here)?;
            Ok((other.join().expect("it does not panic")?, receiver))
        }
    })
}

/// This test program again, running only the ignored test `helper`, with a socket as its standard
/// input.
fn helper(helper: &str, socket: UnixStream) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test program's path"));
    command.args(["--exact", "--ignored", "--nocapture", helper]);
    command.env(HELPER, "1");
    command.stdin(Stdio::from(OwnedFd::from(socket)));
    command.stdout(Stdio::null());
    command
}

/// How a helper knows that it is one.
const HELPER: &str = "AQUEDUCT_TEST_SOCKET";

/// In a helper: its socket.
fn socket_for_helper() -> Option<UnixStream> {
    std::env::var_os(HELPER)?;
    let input = std::io::stdin();
    let descriptor = std::os::fd::AsFd::as_fd(&input).try_clone_to_owned();
    Some(UnixStream::from(descriptor.expect("a second descriptor")))
}
