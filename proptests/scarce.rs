//! The ends of what a machine has: no descriptors, no memory, no threads, no room. Each is an error, in
//! which nothing is lost and nothing left behind, and after which everything works as before. And signals
//! come during every wait.

mod limits;
mod signals;
mod space;

use std::fmt::Display;
use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZeroUsize;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox;
use aqueduct::open::call::{Client, Server};
use aqueduct::open::direct::{DirectError, Process};
use aqueduct::open::{self, Options, pipe};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::Name;
use aqueduct::wait::Patience;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::running::LONG;
use crate::scratch::{Scratch, suffixed};

/// Attaches both ends of something under a name, and passes a message through it. In the end the name is
/// gone.
type Use = fn(&Name) -> Result<(), String>;

/// Every kind of thing that is attached to.
const KINDS: [(&str, Use); 8] = [
    ("a link", link),
    ("a mailbox of some", |name| {
        post(name, mailbox::Capacity::Bounded(3))
    }),
    ("a mailbox of any number", |name| {
        post(name, mailbox::Capacity::Unbounded)
    }),
    ("a pipe", through_a_pipe),
    ("a kernel's pipe", through_the_kernels),
    ("a question", call),
    ("a letter", letter),
    ("a sealed link", |_| sealed()),
];

/// Whether there is memory for a thread of the test's own, without which the standard library would end the
/// process.
fn room_for_a_thread() -> Result<(), String> {
    let len = NonZeroUsize::new(4 << 20).expect("it is not 0");
    let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel chooses an address that is free.
    let room = unsafe { mmap_anonymous(None, len, rights, MapFlags::MAP_PRIVATE) };
    // SAFETY: nobody knows it.
    unsafe { munmap(room.map_err(std::io::Error::from).map_err(text)?, len.get()) }.map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// Removes a name, whoever made it.
struct Removed<'a>(&'a Name);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.path());
    }
}

fn link(name: &Name) -> Result<(), String> {
    let _removed = Removed(name);
    // Larger than what an allocator has to spare.
    let options = Options::new().capacity(Capacity::new(1 << 20).expect("a capacity"));
    let mut sender = options.sender::<u64>(name).map_err(text)?;
    let mut receiver = options.receiver::<u64>(name).map_err(text)?;
    sender.send(7).map_err(text)?;
    assert_eq!(receiver.recv(), Ok(7));
    Ok(())
}

fn post(name: &Name, capacity: mailbox::Capacity) -> Result<(), String> {
    let _removed = Removed(name);
    let options = open::mailbox::Options::new().capacity(capacity);
    let own = options.create::<u64>(name).map_err(text)?;
    let other = options.open::<u64>(name).map_err(text)?;
    other.sender().send(7).map_err(text)?;
    assert_eq!(own.receiver().recv(), Ok(7));
    Ok(())
}

fn through_a_pipe(name: &Name) -> Result<(), String> {
    let _removed = Removed(name);
    let options = pipe::Options::new().wait_for_peer(false);
    let mut reader = options.reader(name).map_err(text)?;
    let mut writer = options.writer(name).map_err(text)?;
    writer.write_all(b"water").map_err(text)?;
    let mut read = [0; 5];
    reader.read_exact(&mut read).map_err(text)?;
    assert_eq!(&read, b"water");
    Ok(())
}

fn through_the_kernels(_: &Name) -> Result<(), String> {
    let (mut writer, mut reader) = aqueduct::kernel::pipe().map_err(text)?;
    writer.write_all(b"water").map_err(text)?;
    let mut read = [0; 5];
    reader.read_exact(&mut read).map_err(text)?;
    assert_eq!(&read, b"water");
    Ok(())
}

fn call(name: &Name) -> Result<(), String> {
    let _removed = Removed(name);
    let mut server =
        Server::<u64, u64>::create(name, mailbox::Capacity::Bounded(2)).map_err(text)?;
    room_for_a_thread()?;
    thread::scope(|scope| {
        let asking = thread::Builder::new().spawn_scoped(scope, || {
            let client = Client::<u64, u64>::new(name);
            let answer = client.map(|mut client| client.call(7, soon()));
            // The server goes on when it has seen one, or the client is gone.
            answer.map_err(text)?.map_err(text)
        });
        let asking = asking.map_err(text)?;
        let question = server.next(soon()).map_err(text);
        let answered = question.and_then(|question| {
            let answer = question.question() + 1;
            server.answer(&question, answer).map_err(text)
        });
        let answer = asking.join().expect("it does not panic")?;
        answered?;
        assert_eq!(answer, 8);
        Ok(())
    })
}

fn letter(name: &Name) -> Result<(), String> {
    let process = process(name).map_err(text)?;
    let own = process.name();
    let own = own.as_str();
    let inbox = process
        .receiver::<u64>(mailbox::Capacity::Bounded(2))
        .map_err(text)?;
    process
        .sender::<u64>(own)
        .map_err(text)?
        .send(7)
        .map_err(text)?;
    assert_eq!(inbox.recv().map_err(text)?.message(), 7);
    Ok(())
}

fn sealed() -> Result<(), String> {
    let (here, there) = UnixStream::pair().map_err(text)?;
    let options = open::sealed::Options::new().timeout(LONG);
    room_for_a_thread()?;
    thread::scope(|scope| {
        let accepting = options.clone();
        let accept = move || accepting.accept_receiver::<u64>(there).map_err(text);
        let other = thread::Builder::new().spawn_scoped(scope, accept);
        let other = other.map_err(text)?;
        let sender = options.offer_receiver::<u64>(here);
        let receiver = other.join().expect("it does not panic");
        // Whichever has an error: the other one has been refused.
        let (mut sender, mut receiver) = match (sender, receiver) {
            (Ok(sender), receiver) => (sender, receiver?),
            (Err(error), Ok(_)) => return Err(text(error)),
            (Err(sender), Err(receiver)) => return Err(format!("{sender}; {receiver}")),
        };
        sender.send(7).map_err(text)?;
        assert_eq!(receiver.recv(), Ok(7));
        Ok(())
    })
}

/// A process for letters, of a name of its own.
fn process(name: &Name) -> Result<Process, DirectError> {
    Process::new(name.to_string().replace(['/', '-'], ""))
}

/// A wait that is none where things work, and short where they do not.
fn soon() -> Patience {
    Patience::until(Native::now() + Duration::from_millis(200))
}

/// Everything works, and nothing is left.
fn all_is_well() {
    let scratch = Scratch::new();
    for (number, (kind, attempt)) in (0..).zip(KINDS) {
        let name = suffixed(&scratch.name(), &format!("{number}"));
        attempt(&name).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}
