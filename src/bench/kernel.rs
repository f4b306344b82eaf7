//! The kernel's contestants.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::Mode;

use super::Failure;
use super::contestant::{About, Contestant, Field, Made, duplex, made};
use super::course::Course;
use super::ends::{RecvWord, SendWord};
use super::sides::Between;
use crate::kernel::{fifo, pipe, socket_pair};
use crate::shm::FOLDER;

/// All of them. Each waits asleep, as the kernel's do.
pub(super) fn all() -> Vec<Contestant> {
    let mut all = words("pipe", "64 KiB", |_| {
        let (writer, reader) = pipe()?;
        made(|| Bytes(reader), || Bytes(writer))
    });
    all.extend(words("FIFO", "64 KiB", named_pipe));
    all.extend(words("unix stream", "its own size", |_| {
        let (one, other) = socket_pair()?;
        made(|| Bytes(one), || Bytes(other))
    }));
    all.extend(words("unix datagram", "its own size", |_| {
        let (one, other) = UnixDatagram::pair()?;
        made(|| Datagrams(one), || Datagrams(other))
    }));
    all.extend(words("POSIX queue", "10 messages", message_queue));
    all.push(Contestant::bytes(about("pipe", "64 KiB"), |_| {
        let (writer, reader) = pipe()?;
        made(|| reader, || writer)
    }));
    all.push(Contestant::bytes(about("pipe, grown", "1 MiB"), |_| {
        let (writer, reader) = pipe()?;
        fcntl(writer.as_fd(), FcntlArg::F_SETPIPE_SZ(1 << 20))?;
        made(|| reader, || writer)
    }));
    all.push(Contestant::bytes(
        about("unix stream", "its own size"),
        |_| {
            let (one, other) = socket_pair()?;
            made(|| one, || other)
        },
    ));
    all
}

fn about(name: &str, settings: &str) -> About {
    About::new(Field::Kernel, Between::Processes, name, settings).asleep()
}

/// The courses of 8 bytes.
fn words<R: RecvWord + 'static, S: SendWord + 'static>(
    name: &str,
    settings: &str,
    make: impl Fn(&str) -> Made<R, S> + Copy + 'static,
) -> Vec<Contestant> {
    vec![
        Contestant::round_trip(Course::Asleep, about(name, settings), move |name| {
            duplex(
                make(&format!("{name}-there")),
                make(&format!("{name}-back")),
            )
        }),
        Contestant::one_by_one(about(name, settings), make),
    ]
}

/// Anything that bytes go into or come out of.
struct Bytes<F>(F);

impl<F: Write> SendWord for Bytes<F> {
    #[inline]
    fn send(&mut self, word: u64) {
        let sent = self.0.write_all(&word.to_ne_bytes());
        sent.expect("it is read");
    }
}

impl<F: Read> RecvWord for Bytes<F> {
    #[inline]
    fn recv(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.read_exact(&mut bytes).expect("it is written");
        u64::from_ne_bytes(bytes)
    }
}

/// A socket that keeps messages apart.
struct Datagrams(UnixDatagram);

impl SendWord for Datagrams {
    fn send(&mut self, word: u64) {
        let sent = self.0.send(&word.to_ne_bytes());
        sent.expect("it is received");
    }
}

impl RecvWord for Datagrams {
    fn recv(&mut self) -> u64 {
        let mut bytes = [0; 8];
        let received = self.0.recv(&mut bytes).expect("it is sent");
        assert_eq!(received, bytes.len());
        u64::from_ne_bytes(bytes)
    }
}

/// A pipe with a name, where a sample's are looked for, which both have open before it goes.
fn named_pipe(name: &str) -> Made<Bytes<File>, Bytes<File>> {
    let path = Path::new(FOLDER).join(name.trim_start_matches('/'));
    fifo::create(&path, 0o600)?;
    // Who opens it for both does not wait for anybody.
    let both = OpenOptions::new().read(true).write(true).open(&path);
    let reader = OpenOptions::new().read(true).open(&path);
    let writer = OpenOptions::new().write(true).open(&path);
    std::fs::remove_file(&path)?;
    let (_both, reader, writer) = (both?, reader?, writer?);
    made(|| Bytes(reader), || Bytes(writer))
}

/// A queue of the kernel's.
struct Queue(MqdT);

/// As long as the limit of a user who is not root allows.
fn message_queue(name: &str) -> Made<Queue, Queue> {
    let name = format!("/{}", name.trim_start_matches('/'));
    let attributes = MqAttr::new(0, 10, 8, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let queue = mq_open(name.as_str(), flags, mode, Some(&attributes));
    let reason = |why| Failure::from(format!("no queue could be made: {why}"));
    let queue = queue.map_err(reason)?;
    let other = mq_open(name.as_str(), MQ_OFlag::O_RDWR, mode, None);
    mq_unlink(name.as_str())?;
    let other = other?;
    made(|| Queue(queue), || Queue(other))
}

impl SendWord for Queue {
    fn send(&mut self, word: u64) {
        mq_send(&self.0, &word.to_ne_bytes(), 0).expect("it is received");
    }
}

impl RecvWord for Queue {
    fn recv(&mut self) -> u64 {
        let (mut bytes, mut priority) = ([0; 8], 0);
        let received = mq_receive(&self.0, &mut bytes, &mut priority);
        assert_eq!(received.expect("it is sent"), bytes.len());
        u64::from_ne_bytes(bytes)
    }
}
