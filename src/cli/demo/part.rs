//! The processes of the demo: each sends the file or compares what comes with it, through a link
//! or through a FIFO. A receiver tells on its standard output what it sees, and when.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::mem::ManuallyDrop;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use aqueduct::link::{End, Ended, RecvTimeoutError, Role, bytes};
use aqueduct::open::Options;
use aqueduct::place::header::Kind;
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::shm::Name;

use super::super::args::{Part, PartRole};
use super::super::failure::Failure;
use super::super::inspect::print;
use super::super::progress::Progress;
use super::super::send;
use super::super::session::{Session, chunk};
use super::event::Event;

/// Nobody waits for the rest of the demo for longer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// How much passes through a FIFO in one go, as with `cat`.
const FIFO_CHUNK: usize = 128 << 10;

/// Does one part.
pub(in super::super) fn run(part: &Part) -> Result<(), Failure> {
    let mut file = Looped::open(part)?;
    match part.role {
        PartRole::LinkSender => link_sender(part, file),
        PartRole::LinkReceiver => link_receiver(part, Check::new(file)),
        PartRole::FifoSender => {
            let fifo = File::options().write(true).open(&part.place);
            let mut fifo = fifo.map_err(Failure::file("open", &part.place))?;
            let mut buffer = vec![0; FIFO_CHUNK];
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    return Ok(());
                }
                let written = fifo.write_all(&buffer[..read]);
                written.map_err(Failure::file("write to", &part.place))?;
            }
        }
        PartRole::FifoReceiver => fifo_receiver(part, Check::new(file)),
    }
}

fn link_sender(part: &Part, mut file: Looped) -> Result<(), Failure> {
    let sender = options().byte_sender(&name(part)?, Kind::Bytes)?;
    let mut sender = ManuallyDrop::new(sender);
    file.position = sender.position().count();
    let (role, object) = (Role::Sender, sender.end().object());
    let progress = Progress::begin(false, file.position, None, role, object);
    let session = Session::new(role, object, true, Some(TIMEOUT), progress);
    send::pump(&mut sender, &session, |free| file.read(free))?;
    session.remove_name();
    drop(ManuallyDrop::into_inner(sender));
    Ok(())
}

fn link_receiver(part: &Part, mut check: Check) -> Result<(), Failure> {
    let name = name(part)?;
    let mut receiver = options().byte_receiver(&name, Kind::Bytes)?;
    let most = chunk(receiver.end().capacity());
    let patience = || aqueduct::wait::Patience::until(Native::now() + TIMEOUT);
    loop {
        match bytes::recv_with(&mut receiver, most, patience(), |bytes| check.take(bytes)) {
            Ok(taken) => drop(taken?),
            Err(RecvTimeoutError::Ended(Ended::Closed)) => return check.finish(),
            Err(RecvTimeoutError::Ended(Ended::Dead)) => {
                let position = receiver.position().count();
                tell(Event::Died(Native::now(), position))?;
                // What came of it is seen at the next try.
                let _ = receiver.wait_for_sender(patience());
            }
            Err(error) => return Err(Failure::Demo(format!("{name}: {error}"))),
        }
    }
}

fn fifo_receiver(part: &Part, mut check: Check) -> Result<(), Failure> {
    let mut fifo = File::open(&part.place).map_err(Failure::file("open", &part.place))?;
    let mut buffer = vec![0; FIFO_CHUNK];
    loop {
        let read = fifo.read(&mut buffer);
        match read.map_err(Failure::file("read", &part.place))? {
            0 => return check.finish(),
            read => drop(check.take(&buffer[..read])?),
        }
    }
}

fn name(part: &Part) -> Result<Name, Failure> {
    Name::parse(&part.place).map_err(|error| Failure::Usage(error.to_string()))
}

fn options() -> Options {
    Options::new().resume(true)
}

fn tell(event: Event) -> Result<(), Failure> {
    print(&format!("{event}\n"))
}

/// A file that begins again at its end, until enough has been read.
struct Looped {
    file: File,
    path: PathBuf,
    length: u64,
    position: u64,
    total: u64,
}

impl Looped {
    fn open(part: &Part) -> Result<Self, Failure> {
        let path = part.file.clone();
        let file = File::open(&path).map_err(Failure::file("open", &path))?;
        let length = file
            .metadata()
            .map_err(Failure::file("look at", &path))?
            .len();
        Ok(Self {
            file,
            path,
            length,
            position: 0,
            total: part.total,
        })
    }

    /// Reads what comes next; 0 at the end.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Failure> {
        let rest = usize::try_from(self.total.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let most = rest.min(bytes.len());
        let offset = self.position % self.length.max(1);
        let read = self.file.read_at(&mut bytes[..most], offset);
        match read.map_err(Failure::file("read", &self.path))? {
            0 if most > 0 => {
                let source = ErrorKind::UnexpectedEof.into();
                Err(Failure::file("read all of", &self.path)(source))
            }
            read => {
                self.position += read as u64;
                Ok(read)
            }
        }
    }
}

/// Compares what comes with the file.
struct Check {
    file: Looped,
    expected: Vec<u8>,
    /// Where the first byte was that differs.
    differs_at: Option<u64>,
    received: u64,
    began: Option<Duration>,
}

impl Check {
    fn new(file: Looped) -> Self {
        Self {
            file,
            expected: Vec::new(),
            differs_at: None,
            received: 0,
            began: None,
        }
    }

    /// Compares all of `bytes`.
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        self.began.get_or_insert_with(Native::now);
        self.expected
            .resize(self.expected.len().max(bytes.len()), 0);
        let mut rest = bytes;
        while !rest.is_empty() {
            let read = self.file.read(&mut self.expected[..rest.len()])?;
            let (part, behind) = rest.split_at(read);
            // Nothing read: more came than was sent.
            if read == 0 || part != &self.expected[..read] {
                self.differs_at.get_or_insert(self.received);
            }
            if read == 0 {
                break;
            }
            rest = behind;
        }
        self.received += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// Tells what was seen.
    fn finish(self) -> Result<(), Failure> {
        let now = Native::now();
        let took = now.saturating_sub(self.began.unwrap_or(now));
        let same = self.differs_at.is_none() && self.received == self.file.total;
        tell(Event::Ended(took, self.received, same))
    }
}
