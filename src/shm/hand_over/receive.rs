//! What comes over a unix socket: bytes, descriptors, and whose they are.

use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::slice;

use arrayvec::ArrayVec;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::UnixCredentials;

use crate::shm::{Connection, Stranger};

/// The most descriptors that a message can have (`SCM_MAX_FD`).
const MOST: usize = 253;

/// Descriptors that came with one message: who takes them takes no memory for that.
pub(in crate::shm) type Strangers = ArrayVec<Stranger, MOST>;

/// Room for credentials, a pidfd, and all descriptors that can come, each with a head of 16 bytes, in words
/// of eight: what did not fit the kernel would close here and now, which may take as long as the peer likes.
const CONTROL: usize = (16 + 16) / 8 + (16 + 8) / 8 + (16 + 4 * (MOST + 1)) / 8;

/// Of all Linux (socket.h), and not of every C library: the pidfd of who has sent a message, since 6.5.
const SCM_PIDFD: i32 = 4;

/// What came in one go.
pub(in crate::shm) struct Received {
    pub(in crate::shm) count: usize,
    pub(super) credentials: Option<UnixCredentials>,
    /// Of who has sent it, or why there is none; nothing where the kernel has no pidfds.
    pub(super) pidfd: Option<Result<OwnedFd, Errno>>,
    pub(in crate::shm) descriptors: Strangers,
}

/// Receives into `bytes`, and takes every descriptor that comes along, which the kernel has opened in
/// this process whether they are wanted or not.
pub(in crate::shm) fn receive(socket: &Connection, bytes: &mut [u8]) -> Result<Received, Errno> {
    let mut control = [0_u64; CONTROL];
    let mut slice = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: zeros are a header without anything in it.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_iov = &raw mut slice;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header leads to memory of ours, of the lengths that it says.
    let count = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
    let count = usize::try_from(Errno::result(count)?).expect("it is not negative");
    let mut received = Received {
        count,
        credentials: None,
        pidfd: None,
        descriptors: Strangers::new(),
    };
    // SAFETY: the kernel has filled the header in.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !next.is_null() {
        // SAFETY: it is one of the messages in `control`, aligned as they are.
        let message = unsafe { &*next };
        // SAFETY: as above.
        let data = unsafe { libc::CMSG_DATA(next) };
        // SAFETY: it computes a length.
        let before = unsafe { libc::CMSG_LEN(0) } as usize;
        let len = message.cmsg_len.saturating_sub(before);
        // SAFETY: the kernel has written so many bytes there.
        let data = unsafe { slice::from_raw_parts(data, len) };
        take(&mut received, message.cmsg_type, data);
        // SAFETY: as above.
        next = unsafe { libc::CMSG_NXTHDR(&raw const header, next) };
    }
    Ok(received)
}

/// Takes what a control message of the socket layer has: numbers of four bytes.
fn take(received: &mut Received, kind: i32, data: &[u8]) {
    let numbers = data.as_chunks().0.iter();
    let mut numbers = numbers.map(|number| i32::from_ne_bytes(*number));
    match kind {
        libc::SCM_CREDENTIALS => {
            let mut next = || numbers.next().unwrap_or(-1);
            let credentials = libc::ucred {
                pid: next(),
                uid: next().cast_unsigned(),
                gid: next().cast_unsigned(),
            };
            received.credentials = Some(credentials.into());
        }
        libc::SCM_RIGHTS => {
            for descriptor in numbers.flat_map(owned) {
                // There are no more, says the kernel; else this closes them.
                let _ = received.descriptors.try_push(Stranger::new(descriptor));
            }
        }
        SCM_PIDFD => received.pidfd = numbers.next().map(owned),
        _ => {}
    }
}

/// The descriptor of this number, which the kernel has just made; or why it did not.
fn owned(descriptor: i32) -> Result<OwnedFd, Errno> {
    if descriptor < 0 {
        return Err(Errno::from_raw(descriptor.saturating_neg()));
    }
    // SAFETY: it is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
