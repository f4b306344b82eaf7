//! Signals that come during every wait, with a handler that lets calls go on, and with one that does not:
//! each wait ends as if there had been none.

use std::fmt::Debug;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use aqueduct::link::RecvTimeoutError;
use aqueduct::link::mailbox::Capacity as Holds;
use aqueduct::open::call::{Client, Server};
use aqueduct::open::{self, Options, pipe, sealed};
use aqueduct::position::Capacity;
use aqueduct::select::Select;
use aqueduct::shm::Name;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::running::{LONG, Running, patience};
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};

/// How long each wait takes.
const WAIT: Duration = Duration::from_millis(25);

/// How many signals were handled.
static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn handle(_: libc::c_int) {
    HANDLED.fetch_add(1, Relaxed);
}

/// What is waited for, while another thread lets it come after some time.
type Wait = fn(&Name);

const WAITS: [(&str, Wait); 12] = [
    ("a link's receiver", |name| {
        let mut sender = Options::new().sender::<u64>(name).expect("a seat");
        let mut receiver = Options::new().receiver::<u64>(name).expect("a seat");
        later(
            move || sender.send(7).map(|()| sender),
            || assert_eq!(receiver.recv(), Ok(7)),
        );
    }),
    ("a link's sender", |name| {
        let options = Options::new().capacity(Capacity::new(1).expect("a capacity"));
        let mut sender = options.sender::<u64>(name).expect("a seat");
        let mut receiver = options.receiver::<u64>(name).expect("a seat");
        sender.send(1).expect("there is room");
        later(
            move || receiver.recv().map(|_| receiver),
            || assert_eq!(sender.send(2), Ok(())),
        );
    }),
    ("a deadline", |name| {
        let mut receiver = Options::new().receiver::<u64>(name).expect("a seat");
        assert_eq!(receiver.recv_timeout(WAIT), Err(RecvTimeoutError::TimedOut));
    }),
    ("a link's peer", |name| {
        let receiver = Options::new().receiver::<u64>(name).expect("a seat");
        let name = name.clone();
        let come = move || Options::new().sender::<u64>(&name);
        later(come, || {
            assert_eq!(receiver.wait_for_sender(patience()), Ok(()));
        });
    }),
    ("a mailbox", |name| {
        let post = mailbox(name, Holds::Bounded(1));
        let sender = post.sender();
        later(
            move || sender.send(7),
            || assert_eq!(post.receiver().recv(), Ok(7)),
        );
    }),
    ("a meeting", |name| {
        let post = mailbox(name, Holds::Zero);
        let receiver = post.receiver();
        later(
            move || receiver.recv(),
            || assert_eq!(post.sender().send(7), Ok(())),
        );
    }),
    ("many links", |name| {
        let post = mailbox(name, Holds::Unbounded);
        let sender = post.sender();
        let mut receivers = [post.receiver()];
        let mut select = Select::new(&mut receivers).expect("one link");
        later(
            move || sender.send(7),
            || assert_eq!(select.wait_forever(), (0, Ok(7))),
        );
    }),
    ("a pipe's reader", |name| {
        let (mut writer, mut reader) = both_ends(name);
        later(
            move || writer.write_all(b"water").map(|()| writer),
            || {
                let mut read = [0; 5];
                assert!(reader.read_exact(&mut read).is_ok());
                assert_eq!(&read, b"water");
            },
        );
    }),
    ("a pipe's writer", |name| {
        let (mut writer, mut reader) = both_ends(name);
        let all = vec![7; 100_000];
        let read = move || {
            let mut read = vec![0; 100_000];
            reader.read_exact(&mut read).map(|()| read)
        };
        later(read, || assert!(writer.write_all(&all).is_ok()));
    }),
    ("a pipe's other end", |name| {
        let other = name.clone();
        later(
            move || pipe::Options::new().writer(&other),
            || pipe::Options::new().reader(name).expect("a writer comes"),
        );
    }),
    ("an answer", |name| {
        let mut server = Server::<u64, u64>::create(name, Holds::Bounded(1)).expect("a free name");
        let mut client = Client::<u64, u64>::new(name).expect("a server");
        let answer = move || {
            let question = server.next(patience()).expect("somebody asks");
            let answer = question.question() + 1;
            server.answer(&question, answer)
        };
        later(answer, || {
            assert_eq!(client.call(7, patience()).ok(), Some(8));
        });
    }),
    ("a hand-over, and a sealed link", |_| {
        let (here, there) = UnixStream::pair().expect("two sockets");
        let options = sealed::Options::new().timeout(LONG);
        let offering = options.clone();
        let offer = move || {
            let mut sender = offering.offer_receiver::<u64>(here).expect("a link");
            thread::sleep(WAIT);
            sender.send(7).map(|()| sender)
        };
        later(offer, || {
            let mut receiver = options.accept_receiver::<u64>(there).expect("a link");
            assert_eq!(receiver.recv(), Ok(7));
        });
    }),
];

fn mailbox(name: &Name, capacity: Holds) -> open::mailbox::Mailbox<u64> {
    let options = open::mailbox::Options::new().capacity(capacity);
    options.create(name).expect("a free name")
}

fn both_ends(name: &Name) -> (pipe::Writer, pipe::Reader) {
    let options = pipe::Options::new().capacity(8192).wait_for_peer(false);
    let reader = options.reader(name).expect("a free name");
    (options.writer(name).expect("it is there"), reader)
}

/// Waits, and lets come what is waited for after some time. What each returns is kept until the other has
/// returned.
fn later<R: Send, E: Debug + Send, K>(
    come: impl FnOnce() -> Result<R, E> + Send,
    wait: impl FnOnce() -> K,
) {
    thread::scope(|scope| {
        let coming = scope.spawn(|| {
            thread::sleep(WAIT);
            come()
        });
        let kept = wait();
        coming.join().expect("it does not panic").expect("it comes");
        drop(kept);
    });
}

/// In a helper: waits for everything, while signals come to the thread that waits.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn waits() {
    let Some(base) = name_for_helper() else {
        return;
    };
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        let action = SigAction::new(SigHandler::Handler(handle), flags, SigSet::empty());
        // SAFETY: the handler adds to a number, which a handler may.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.expect("a handler");
        for (number, (kind, wait)) in (0..).zip(WAITS) {
            let name = suffixed(&base, &format!("{number}"));
            let before = HANDLED.load(Relaxed);
            disturbed(|| wait(&name));
            let came = HANDLED.load(Relaxed) - before;
            assert!(came >= 5, "{kind}: {came} signals in {WAIT:?}");
            let _ = std::fs::remove_file(name.path());
        }
    }
}

/// Does something in this thread, to which signals come.
fn disturbed(work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    // SAFETY: it has no conditions.
    let own = unsafe { libc::pthread_self() };
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                // SAFETY: the thread waits for this one.
                unsafe { libc::pthread_kill(own, Signal::SIGUSR1 as i32) };
                thread::sleep(Duration::from_micros(500));
            }
        });
        work();
        done.store(true, Relaxed);
    });
}

#[test]
fn signals_during_every_wait() {
    let scratch = Scratch::new();
    let mut running = Running::start(&mut helper("scarce::signals::waits", &scratch.name()));
    running.wait().expect(0);
}
