//! SIGKILL at random moments, a thousand of them, with and without `--resume`.

mod alone;
mod resumed;
mod window;

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use aqueduct::link::Role;
use aqueduct::open::{SeatStatus, Status};
use aqueduct::shm::Name;
use tempfile::TempDir;

use crate::running::{Content, Random, Running, aqueduct, look_under};
use crate::shm::Scratch;

/// How many kills the long form of a test has: as many as `AQUEDUCT_KILLS` says, or these.
pub(crate) fn wanted(kills: u32) -> u32 {
    let said = std::env::var("AQUEDUCT_KILLS").ok();
    said.map_or(kills, |said| {
        said.parse().expect("AQUEDUCT_KILLS is a number")
    })
}

const ROLES: [Role; 2] = [Role::Sender, Role::Receiver];

/// From less than a page's worth of slots, where both sides sleep all the time, to a link that
/// holds whole files.
const CAPACITIES: [&str; 6] = ["1000", "4096", "16K", "64K", "256K", "1M"];

/// One stream: its name, its files, its capacity.
struct Place {
    scratch: Scratch,
    folder: TempDir,
    content: Content,
    capacity: &'static str,
    resume: bool,
}

impl Place {
    /// A random content, of `most` bytes at the most.
    fn new(random: &mut Random, most: u64, resume: bool) -> Place {
        let place = Place {
            scratch: Scratch::new(),
            folder: tempfile::tempdir().expect("a folder"),
            content: Content::new(random.next(), random.below(most)),
            capacity: random.one_of(&CAPACITIES),
            resume,
        };
        place.content.make(&place.file(Role::Sender));
        place
    }

    fn name(&self) -> Name {
        self.scratch.name()
    }

    fn file(&self, role: Role) -> PathBuf {
        self.folder.path().join(match role {
            Role::Sender => "input",
            Role::Receiver => "output",
        })
    }

    fn start(&self, role: Role) -> Running {
        let (name, file) = (self.name().to_string(), self.file(role));
        let verb = match role {
            Role::Sender => "send",
            Role::Receiver => "recv",
        };
        let file = file.to_str().expect("a plain path");
        let resume = self.resume.then_some("--resume");
        let words = [verb, &name, file, "--capacity", self.capacity];
        Running::start(&mut aqueduct(words.into_iter().chain(resume)))
    }

    /// Both sides, in either order.
    fn start_both(&self, random: &mut Random) -> [Running; 2] {
        if random.below(2) == 0 {
            ROLES.map(|role| self.start(role))
        } else {
            let receiver = self.start(Role::Receiver);
            [self.start(Role::Sender), receiver]
        }
    }

    /// Asserts that what arrived is a part of the content from its beginning; how long it is.
    fn arrived(&self) -> u64 {
        match File::open(self.file(Role::Receiver)) {
            Ok(file) => self.content.compare(file),
            Err(_) => 0,
        }
    }

    fn expect_all(&self) {
        assert_eq!(self.arrived(), self.content.length, "it is not whole");
        self.expect_no_name();
    }

    fn expect_no_name(&self) {
        let path = self.name().path();
        assert!(!path.exists(), "{} was left", path.display());
    }
}

/// Says what there is when a test fails.
impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let status = look_under(&self.name());
            eprintln!("{}: {:?}, {status:?}", self.name(), self.content);
        }
    }
}

fn seat(status: &Status, role: Role) -> SeatStatus {
    match role {
        Role::Sender => status.sender,
        Role::Receiver => status.receiver,
    }
}

/// How old the youngest process shall be when somebody is killed: mostly, both have just met.
fn age(random: &mut Random) -> Duration {
    let most = random.one_of(&[1500, 4000, 4000, 8000]);
    Duration::from_micros(random.below(most))
}

/// Waits until it is so old.
fn let_live(running: &Running, age: Duration) {
    std::thread::sleep(age.saturating_sub(running.age()));
}

/// What was seen; each failure shows it, and each success sums it up.
#[derive(Default)]
struct Tally {
    seed: u64,
    streams: u32,
    /// Killed, by role.
    killed: [u32; 2],
    /// Of those, before they held their seat.
    attaching: u32,
    /// At the same time as their peer.
    together: u32,
    /// Streams whose end came before the kill.
    complete: u32,
    /// Started again when the stream had ended.
    late: u32,
    /// Survivors that were told of a death and gave up.
    bereaved: u32,
}

impl Tally {
    fn kills(&self) -> u32 {
        self.killed.iter().sum()
    }

    /// Prints it, also where the output of tests that pass is not shown.
    fn print(&self, test: &str) {
        let (kills, [senders, receivers]) = (self.kills(), self.killed);
        let Tally {
            seed,
            streams,
            attaching,
            ..
        } = self;
        let Tally {
            together,
            complete,
            late,
            bereaved,
            ..
        } = self;
        let line = format!(
            "{test}: {kills} kills ({senders} senders, {receivers} receivers; {attaching} while \
             attaching; {together} of both at once) in {streams} streams; {complete} complete \
             before the kill, {late} started too late, {bereaved} bereaved; seed {seed}\n"
        );
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// Says what was seen when a test fails.
impl Drop for Tally {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print("failed (again with AQUEDUCT_SEED)");
        }
    }
}
