//! One that speaks over the socket by hand, and says and hands over what it likes.

use std::fmt::Debug;
use std::fs::File;
use std::io::{IoSlice, Read as _};
use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;

use aqueduct::link::{Link, Role};
use aqueduct::place::Plain;
use aqueduct::place::header::{Header, Kind};
use aqueduct::platform::native::Wary;
use aqueduct::position::Capacity;
use aqueduct::shm::{Memfd, Seals};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, UnixAddr, UnixCredentials};
use nix::sys::socket::{recvmsg, sendmsg};
use zerocopy::IntoBytes as _;

pub const TAKEN: &[u8] = b"taken\0\0\0";
pub const ATTACHED: &[u8] = b"attached";

/// The bytes of an offer.
pub const OFFER: usize = 1032;
/// The bytes of the words before the link, in an object that has the messages, too.
pub const FRONT: usize = 1024;

/// How many messages the links of an honest one hold.
pub const CAPACITY: usize = 4;

/// One end of a socket.
pub struct Liar(pub UnixStream);

impl Liar {
    /// Says these bytes, with these descriptors.
    pub fn say(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
        let raw: Vec<i32> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let own = UnixCredentials::new();
        let mut control = vec![ControlMessage::ScmCredentials(&own)];
        if !raw.is_empty() {
            control.push(ControlMessage::ScmRights(&raw));
        }
        let bytes = [IoSlice::new(bytes)];
        let flags = MsgFlags::MSG_NOSIGNAL;
        // The other side may have hung up.
        let _ = sendmsg::<UnixAddr>(self.0.as_raw_fd(), &bytes, &control, flags, None);
    }

    /// Hears so many bytes, and takes the descriptors that come along.
    pub fn hear(&self, count: usize) -> (Vec<u8>, Vec<OwnedFd>) {
        let mut bytes = vec![0; count];
        let mut slices = [std::io::IoSliceMut::new(&mut bytes)];
        let mut control = nix::cmsg_space!([i32; 4], nix::libc::ucred);
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let received =
            recvmsg::<UnixAddr>(self.0.as_raw_fd(), &mut slices, Some(&mut control), flags);
        let received = received.expect("the other side speaks");
        let mut descriptors = Vec::new();
        for message in received.cmsgs().expect("there was room") {
            if let ControlMessageOwned::ScmRights(raw) = message {
                // SAFETY: they are new, and nobody else's.
                descriptors.extend(
                    raw.into_iter()
                        .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }),
                );
            }
        }
        (bytes, descriptors)
    }

    /// Takes what is offered, as an honest peer would, and keeps its descriptors.
    pub fn take(&self) -> Vec<File> {
        let (_, descriptors) = self.hear(OFFER);
        self.say(TAKEN, &[]);
        self.hear(ATTACHED.len());
        self.say(ATTACHED, &[]);
        descriptors.into_iter().map(File::from).collect()
    }

    /// Offers a link as an honest maker would; returns what the other side makes of it.
    pub fn honest<K: Send, E: Debug + Send>(
        &self,
        accept: impl FnOnce() -> Result<K, E> + Send,
    ) -> K {
        let memory = memory::<u64>(CAPACITY);
        thread::scope(|scope| {
            let accepting = scope.spawn(accept);
            self.say(&receiver(), &[memory.as_fd()]);
            assert_eq!(self.hear(8).0, TAKEN);
            memory.seal(Seals::All).expect("it is not sealed yet");
            self.say(ATTACHED, &[]);
            assert_eq!(self.hear(8).0, ATTACHED);
            accepting.join().expect("no panic").expect("it is honest")
        })
    }

    /// What the other side says until it hangs up.
    pub fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // Hung up with something unheard is an error, after what was said.
        let _ = self.0.read_to_end(&mut rest);
        rest
    }
}

/// An honest offer of a receiver.
pub fn receiver() -> [u8; OFFER] {
    offer::<u64>(Kind::Messages, CAPACITY, Role::Receiver, 1)
}

/// What an honest maker would say of a link of `T`.
pub fn offer<T: Plain>(kind: Kind, capacity: usize, role: Role, objects: u32) -> [u8; OFFER] {
    let capacity = Capacity::new(capacity).expect("a capacity");
    let header = Header::new::<Link<Wary, T>, T>(kind, capacity).expect("it is small");
    let mut offer = [0; OFFER];
    offer[..1024].copy_from_slice(header.as_bytes());
    offer[1024..1028].copy_from_slice(&(role as u32).to_ne_bytes());
    offer[1028..].copy_from_slice(&objects.to_ne_bytes());
    offer
}

/// The memory of a link that nobody has used, as an honest maker would make it.
pub fn memory<T: Plain>(capacity: usize) -> Memfd {
    let memory = Memfd::create(length::<T>(capacity)).expect("there is memory");
    memory.seal(Seals::Length).expect("it is new");
    memory
}

/// How many bytes an object with such a link has.
pub fn length<T: Plain>(capacity: usize) -> usize {
    let capacity = Capacity::new(capacity).expect("a capacity");
    let layout = <Link<Wary, T> as aqueduct::place::Place>::layout(capacity);
    FRONT + layout.expect("it is small").size()
}

/// A second one of the same object, opened by its path.
pub fn reopened(memory: &Memfd, write: bool) -> File {
    let path = format!("/proc/self/fd/{}", memory.as_fd().as_raw_fd());
    let opened = File::options().read(true).write(write).open(path);
    opened.expect("it is ours")
}
