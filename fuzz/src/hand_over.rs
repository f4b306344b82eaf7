//! A peer that says anything over a socket, and hands over anything, at either side of the hand-over.

use std::fs::File;
use std::io::{IoSlice, Read as _};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::thread;
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
use super::sum;

/// Nothing takes so long, unless the fuzzer lets it: then it is the end of this input.
const LONG: Duration = Duration::from_millis(200);

/// What an offer says: a header, the role and how many descriptors come along.
const OFFER: usize = size_of::<Header>() + 2 * size_of::<u32>();

/// Before the messages of a link there are so many bytes of words.
const WORDS: usize = 768;

/// One side is honest, and offers or accepts a link of bytes; the other one does what the input says.
pub fn hand_over(data: &[u8]) {
    let mut input = Input(data);
    let (Some(choice), Some(capacity)) = (input.byte(), input.byte()) else {
        return;
    };
    let capacity = Capacity::new(usize::from(capacity % 64) + 1).expect("it is not 0");
    let (here, there) = UnixStream::pair().expect("two sockets");
    there.set_read_timeout(Some(LONG)).expect("a socket");
    let options = Options::new()
        .kind(Kind::Bytes)
        .timeout(LONG)
        .max_bytes(1 << 16);
    thread::scope(|scope| {
        let lying = scope.spawn(|| {
            // What was said until it ended was said.
            let _ = match choice % 4 {
                0 | 1 => offer(&there, choice, capacity, &mut input),
                _ => take(&there, &mut input),
            };
            answered(there.shutdown(Shutdown::Both));
        });
        let options = options.capacity(capacity);
        match choice % 4 {
            0 => answered(
                options
                    .accept_sender::<u8>(here)
                    .map(|mut end| end.try_send(7)),
            ),
            1 => answered(
                options
                    .accept_receiver::<u8>(here)
                    .map(|mut end| end.try_recv()),
            ),
            2 => answered(
                options
                    .offer_sender::<u8>(here)
                    .map(|mut end| end.try_recv()),
            ),
            _ => {
                let options = if choice < 128 {
                    options
                } else {
                    options.read_only()
                };
                answered(
                    options
                        .offer_receiver::<u8>(here)
                        .map(|mut end| end.try_send(7)),
                );
            }
        }
        lying.join().expect("it does not panic");
    });
}

/// Offers a link, of which some bytes are changed, in pieces, with any descriptors; and seals its memory in
/// the end, if at all.
fn offer(socket: &UnixStream, choice: u8, capacity: Capacity, input: &mut Input<'_>) -> Option<()> {
    let role = [Role::Sender, Role::Receiver][usize::from(choice % 4)];
    let split = choice >= 128;
    let header = Header::new::<Link<Wary, u8>, u8>(Kind::Bytes, capacity).expect("it is small");
    let mut said = header.as_bytes().to_vec();
    said.extend((role as u32).to_ne_bytes());
    said.extend((1 + u32::from(split)).to_ne_bytes());
    for _ in 0..input.byte()? % 4 {
        let at = input.below(said.len())?;
        said[at] = input.byte()?;
    }
    if choice & 64 != 0 {
        sum::renew(&mut said);
    }
    let layout = Link::<Wary, u8>::layout(capacity).expect("it is small");
    let (words, messages) = if split {
        (4096, Some((layout.size() - WORDS).next_multiple_of(4096)))
    } else {
        (size_of::<Header>() + layout.size(), None)
    };
    let words = memory(words, Seals::Length, input)?;
    let messages = match messages {
        Some(len) => Some(memory(len, Seals::All, input)?),
        None => None,
    };
    let mut things: Vec<BorrowedFd<'_>> = vec![words.as_fd()];
    things.extend(messages.as_ref().map(Memfd::as_fd));
    let others: Vec<OwnedFd> = (0..input.byte()? % 4).map_while(|_| thing(input)).collect();
    if !others.is_empty() {
        things.truncate(input.below(3)?);
        things.extend(others.iter().map(OwnedFd::as_fd));
    }
    let (first, rest) = said.split_at(input.below(said.len() + 1)?.max(1));
    say(socket, first, &things)?;
    if !rest.is_empty() {
        say(
            socket,
            rest,
            if input.byte()? % 8 == 0 { &things } else { &[] },
        )?;
    }
    hear(socket, 8)?;
    if input.byte()? % 4 != 0 {
        answered(words.seal(Seals::All));
    }
    say(socket, &word(*b"attached", input)?, &[])?;
    hear(socket, 8)?;
    Some(())
}

/// Takes what is offered, or says something else, after something was done to it.
fn take(socket: &UnixStream, input: &mut Input<'_>) -> Option<()> {
    hear(socket, OFFER)?;
    say(socket, &word(*b"taken\0\0\0", input)?, &[])?;
    hear(socket, 8)?;
    say(socket, &word(*b"attached", input)?, &[])
}

/// A word, or what the input makes of it.
fn word(mut word: [u8; 8], input: &mut Input<'_>) -> Option<[u8; 8]> {
    if input.byte()? % 8 == 0 {
        word[input.below(8)?] = input.byte()?;
    }
    Some(word)
}

/// Memory of this length and so sealed, or of another, or otherwise; and something may be in it.
fn memory(len: usize, seals: Seals, input: &mut Input<'_>) -> Option<Memfd> {
    let (len, seals) = match input.byte()? % 8 {
        0 => (input.below(8192)? + 1, seals),
        1 => (len, Seals::All),
        2 => (len, Seals::Length),
        _ => (len, seals),
    };
    let memory = Memfd::create(len).ok()?;
    let file = File::from(memory.as_fd().try_clone_to_owned().ok()?);
    if input.byte()? % 8 == 0 {
        let offset = input.below(len)?;
        answered(file.write_all_at(&[input.byte()?], offset as u64));
    }
    answered(memory.seal(seals));
    Some(memory)
}

/// Something with a descriptor.
fn thing(input: &mut Input<'_>) -> Option<OwnedFd> {
    match input.byte()? % 4 {
        0 => File::open("/dev/null").ok().map(OwnedFd::from),
        1 => File::open("/").ok().map(OwnedFd::from),
        2 => UnixStream::pair().ok().map(|(one, _)| one.into()),
        _ => memory(4096, Seals::All, input)?
            .as_fd()
            .try_clone_to_owned()
            .ok(),
    }
}

fn say(socket: &UnixStream, bytes: &[u8], things: &[BorrowedFd<'_>]) -> Option<()> {
    let own = UnixCredentials::new();
    let raw: Vec<i32> = things.iter().map(AsRawFd::as_raw_fd).collect();
    let mut control = vec![ControlMessage::ScmCredentials(&own)];
    if !raw.is_empty() {
        control.push(ControlMessage::ScmRights(&raw));
    }
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    let bytes = [IoSlice::new(bytes)];
    sendmsg::<UnixAddr>(socket.as_raw_fd(), &bytes, &control, flags, None).ok()?;
    Some(())
}

fn hear(mut socket: &UnixStream, count: usize) -> Option<()> {
    socket.read_exact(&mut vec![0; count]).ok()
}
