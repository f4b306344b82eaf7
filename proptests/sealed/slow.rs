//! A peer that lets calls of the kernel last: nobody waits for it.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::ptr::NonNull;
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::sealed::SealedError;
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::{HandOverError, MemfdError};
use aqueduct::wait::Patience;
use nix::errno::Errno;
use nix::libc::{self, c_void};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::socket::{setsockopt, sockopt};

use super::liar::{CAPACITY, Liar, OFFER, TAKEN, memory, receiver};
use super::refused::wrong;
use super::{options, pair};

/// How long the peer lets calls last, unless it is let go.
const LAST: Duration = Duration::from_secs(20);

/// A page that is not there while this lives: whoever reads it waits.
struct Withheld {
    /// What the kernel asks for the page (`userfaultfd`).
    asks: OwnedFd,
    page: NonNull<c_void>,
}

// SAFETY: the page is nobody's but of this one, and only read.
unsafe impl Sync for Withheld {}

impl Withheld {
    const LEN: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not 0");

    /// Nothing, where this user may not do that.
    fn new() -> Option<Self> {
        // SAFETY: it takes flags.
        let asks =
            unsafe { libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC | libc::O_NONBLOCK) };
        let asks = i32::try_from(Errno::result(asks).ok()?).expect("a descriptor");
        // SAFETY: it is new, and nobody else's.
        let asks = unsafe { OwnedFd::from_raw_fd(asks) };
        let (rights, flags) = (ProtFlags::PROT_READ, MapFlags::MAP_PRIVATE);
        // SAFETY: the kernel chooses an address that is free.
        let page = unsafe { mmap_anonymous(None, Self::LEN, rights, flags) }.expect("a page");
        // UFFDIO_API, and UFFDIO_REGISTER of what is missing.
        let mut version = [0xaa_u64, 0, 0];
        let mut range = [page.as_ptr() as u64, Self::LEN.get() as u64, 1, 0];
        // SAFETY: it reads and writes these three numbers.
        let agreed = unsafe { libc::ioctl(asks.as_raw_fd(), 0xc018_aa3f, version.as_mut_ptr()) };
        // SAFETY: it reads and writes these four numbers; nobody knows the page.
        let withheld = unsafe { libc::ioctl(asks.as_raw_fd(), 0xc020_aa00, range.as_mut_ptr()) };
        assert_eq!((agreed, withheld), (0, 0), "{}", io::Error::last_os_error());
        Some(Self { asks, page })
    }

    /// Writes it to a file, once this is dropped.
    fn write_to(&self, file: &File) -> io::Result<usize> {
        // SAFETY: it is mapped to be read, and nobody writes to it.
        let bytes = unsafe { slice::from_raw_parts(self.page.as_ptr().cast(), Self::LEN.get()) };
        file.write_at(bytes, 0)
    }

    /// Waits until somebody waits.
    fn wait(&self) {
        let mut asked = [PollFd::new(self.asks.as_fd(), PollFlags::POLLIN)];
        let found = poll(&mut asked, PollTimeout::from(10_000_u16));
        assert_eq!(found, Ok(1), "nobody touches it");
    }

    /// Lets who waits go on: it finds zeros.
    fn release(&self) {
        let mut range = [self.page.as_ptr() as u64, Self::LEN.get() as u64];
        // SAFETY: it reads these two numbers (UFFDIO_UNREGISTER).
        let released =
            unsafe { libc::ioctl(self.asks.as_raw_fd(), 0x8010_aa01, range.as_mut_ptr()) };
        assert_eq!(released, 0, "{}", io::Error::last_os_error());
    }
}

impl Drop for Withheld {
    fn drop(&mut self) {
        // SAFETY: nobody reads it any more.
        unsafe { munmap(self.page, Self::LEN.get()) }.expect("it is mapped");
    }
}

/// Lets who waits go on when this is dropped, however that comes about.
struct Until<'a>(&'a Withheld);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// The memory is written to meanwhile, by a call that does not end: the kernel lets who seals it wait for that.
#[test]
fn a_write_that_takes_long_is_not_waited_for() {
    let Some(withheld) = Withheld::new() else {
        eprintln!("not tried: this user may not withhold a page");
        return;
    };
    let [here, there] = pair();
    let error = at_once(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                let liar = Liar(there);
                let memory = liar.hear(OFFER).1.pop().expect("it is handed over");
                let memory = File::from(memory);
                let writing = scope.spawn({
                    let withheld = &withheld;
                    move || withheld.write_to(&memory)
                });
                let until = Until(&withheld);
                withheld.wait();
                liar.say(TAKEN, &[]);
                liar.0.set_read_timeout(Some(LAST)).expect("it is not 0");
                assert_eq!(liar.rest(), b"");
                assert!(!writing.is_finished());
                drop(until);
                writing.join().expect("it does not panic")
            });
            let soon = options().timeout(Duration::from_millis(300));
            soon.offer_receiver::<u64>(here).err()
        })
    });
    assert!(
        matches!(error, Some(SealedError::HandOver(HandOverError::TimedOut))),
        "{error:?}"
    );
}

/// A connection with something unsent, for which its last descriptor waits, and who has to listen so long.
fn unsent() -> (TcpListener, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let stream = TcpStream::connect(listener.local_addr().expect("its port"));
    let mut stream = stream.expect("it listens");
    let linger = nix::libc::linger {
        l_onoff: 1,
        l_linger: i32::try_from(LAST.as_secs()).expect("it is short"),
    };
    setsockopt(&stream, sockopt::Linger, &linger).expect("it is a connection");
    stream.set_nonblocking(true).expect("it is a connection");
    while stream.write(&[1; 4096]).is_ok() {}
    (listener, stream)
}

/// What `f` returns, long before such a connection is closed.
fn at_once<R>(f: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let outcome = f();
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "it was waited for"
    );
    outcome
}

#[test]
fn a_close_that_takes_long_is_not_waited_for() {
    let (listener, stream) = unsent();
    let [here, there] = pair();
    let liar = Liar(there);
    liar.say(&receiver(), &[stream.as_fd()]);
    // The last one is under way.
    drop(stream);
    let error = at_once(|| {
        thread::scope(|scope| {
            scope.spawn(move || liar.rest());
            options().accept_receiver::<u64>(here).err()
        })
    });
    let error = wrong(error.expect("it is no memory"));
    assert!(
        matches!(error, MemfdError::Seals { found: 0, .. }),
        "{error}"
    );
    // Nobody receives it, so it is reset.
    drop(listener);
}

/// Behind more descriptors than anybody has room for.
#[test]
fn nor_is_that_of_what_is_too_much() {
    let (listener, stream) = unsent();
    let [here, there] = pair();
    let memory = memory::<u64>(CAPACITY);
    let mut many = vec![memory.as_fd(); 252];
    many.push(stream.as_fd());
    Liar(there).say(&receiver(), &many);
    drop(many);
    drop(stream);
    at_once(|| {
        options()
            .accept_receiver::<u64>(here)
            .err()
            .expect("they are too many")
    });
    drop(listener);
}

/// Of one whom nobody wants to hear.
#[test]
fn nor_is_that_of_what_was_never_heard() {
    let (listener, stream) = unsent();
    let [here, there] = pair();
    let liar = Liar(there);
    liar.say(&receiver(), &[]);
    liar.say(b"x", &[stream.as_fd()]);
    drop(stream);
    at_once(|| {
        options()
            .accept_receiver::<u64>(here)
            .err()
            .expect("there is no memory")
    });
    drop(listener);
}

/// After the link has been made: the news of its end come all the same.
#[test]
fn nor_is_that_of_what_comes_later() {
    let (listener, stream) = unsent();
    let [here, there] = pair();
    let liar = Liar(there);
    let mut honest = liar.honest(|| options().accept_receiver::<u64>(here));
    liar.say(b"x", &[stream.as_fd()]);
    drop(stream);
    let patience = Patience::until(Native::now() + Duration::from_secs(10));
    let received = honest.recv_with_patience(patience);
    assert_eq!(received, Err(RecvTimeoutError::Ended(Ended::Dead)));
    at_once(|| drop(honest));
    drop(listener);
}
