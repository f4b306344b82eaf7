//! A peer that says anything over a socket, and hands over anything.

use std::fs::File;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use aqueduct::link::{Link, Role};
use aqueduct::open::sealed::Options;
use aqueduct::place::Place as _;
use aqueduct::place::header::{Header, Kind};
use aqueduct::platform::native::Wary;
use aqueduct::position::Capacity;
use aqueduct::shm::{Memfd, Seals};
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, UnixCredentials, sendmsg};
use zerocopy::IntoBytes as _;

use super::input::{Input, answered};

/// An honest offer of a link of bytes.
fn offer(capacity: Capacity, role: Role) -> Vec<u8> {
    let header = Header::new::<Link<Wary, u8>, u8>(Kind::Bytes, capacity).expect("it is small");
    let mut offer = header.as_bytes().to_vec();
    offer.extend((role as u32).to_ne_bytes());
    offer.extend(1_u32.to_ne_bytes());
    offer
}

/// Something with a descriptor.
fn thing(input: &mut Input<'_>, honest: usize) -> Option<OwnedFd> {
    let len = match input.byte()? % 3 {
        0 => honest,
        _ => input.below(8192)? + 1,
    };
    let memory = |seals| {
        let memory = Memfd::create(len).expect("there is memory");
        memory.seal(seals).expect("it is new");
        memory
            .as_fd()
            .try_clone_to_owned()
            .expect("a second descriptor")
    };
    Some(match input.byte()? % 6 {
        0 => File::open("/dev/null").expect("it is there").into(),
        1 => File::open("/").expect("it is there").into(),
        2 => UnixStream::pair().expect("two sockets").0.into(),
        3 => memory(Seals::All),
        _ => memory(Seals::Length),
    })
}

/// Says an offer with some bytes changed, or anything, in pieces and with any descriptors; and hangs up.
pub fn hand_over(data: &[u8]) {
    let mut input = Input(data);
    let Some(choice) = input.byte() else { return };
    let (here, there) = UnixStream::pair().expect("two sockets");
    let capacity = Capacity::new(usize::from(choice % 32) + 1).expect("it is not 0");
    let role = if choice < 128 {
        Role::Sender
    } else {
        Role::Receiver
    };
    let mut said = offer(capacity, role);
    let layout = Link::<Wary, u8>::layout(capacity).expect("it is small");
    let honest = size_of::<Header>() + layout.size();
    said.extend(b"attached");
    // What was said until it ended was said.
    let _ = lie(&there, &mut said, honest, &mut input);
    answered(there.shutdown(std::net::Shutdown::Write));
    let options = Options::new()
        .kind(Kind::Bytes)
        .timeout(Duration::from_millis(200))
        .max_bytes(1 << 16);
    match role {
        Role::Sender => answered(
            options
                .accept_sender::<u8>(here)
                .map(|mut end| end.try_send(7)),
        ),
        Role::Receiver => answered(
            options
                .accept_receiver::<u8>(here)
                .map(|mut end| end.try_recv()),
        ),
    }
}

fn lie(socket: &UnixStream, said: &mut [u8], honest: usize, input: &mut Input<'_>) -> Option<()> {
    for _ in 0..input.byte()? % 4 {
        let at = input.below(said.len())?;
        said[at] = input.byte()?;
    }
    let mut rest = &said[..];
    let own = UnixCredentials::new();
    while !rest.is_empty() {
        let count = match input.byte().unwrap_or(0) % 4 {
            0 => rest.len().min(136),
            1 => rest.len(),
            _ => input.below(rest.len())? + 1,
        };
        let things: Vec<OwnedFd> = (0..input.byte().unwrap_or(1) % 5)
            .map_while(|_| thing(input, honest))
            .collect();
        let raw: Vec<i32> = things.iter().map(AsRawFd::as_raw_fd).collect();
        let mut control = vec![ControlMessage::ScmCredentials(&own)];
        if !raw.is_empty() {
            control.push(ControlMessage::ScmRights(&raw));
        }
        let (now, later) = rest.split_at(count);
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        let bytes = [IoSlice::new(now)];
        sendmsg::<UnixAddr>(socket.as_raw_fd(), &bytes, &control, flags, None).ok()?;
        rest = later;
    }
    Some(())
}
