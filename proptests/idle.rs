//! Who waits uses no processor time, and who is paused is not taken for dead.

use std::io::Write as _;
use std::process::{ChildStdin, Stdio};
use std::thread;
use std::time::Duration;

use aqueduct::life::Presence;
use aqueduct::open::Status;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::running::{Content, Running, Usage, aqueduct, look_under, until};
use crate::shm::Scratch;

/// How long nobody does anything.
const IDLE: Duration = Duration::from_secs(10);

/// How long a side is paused.
const PAUSE: Duration = Duration::from_secs(5);

/// What a process may use in that time. Nothing is the aim; the rest is for what the kernel does
/// in its name.
const BUSY: Duration = Duration::from_millis(1);
const SWITCHES: u64 = 5;

const CAPACITY: &str = "64K";

/// A name, and a file to send that is much longer than the link.
struct Place {
    scratch: Scratch,
    folder: TempDir,
    content: Content,
}

impl Place {
    fn new(length: u64) -> Place {
        let place = Place {
            scratch: Scratch::new(),
            folder: tempfile::tempdir().expect("a folder"),
            content: Content::new(length, length),
        };
        place.content.make(&place.folder.path().join("input"));
        place
    }

    fn start(&self, verb: &str, file: &str) -> Running {
        let name = self.scratch.name().to_string();
        let words = [verb, &name, file, "--capacity", CAPACITY];
        let mut command = aqueduct(words);
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::piped());
        Running::start(&mut command)
    }

    /// Waits until the link is as it should be.
    fn until(&self, what: &str, right: impl Fn(&Status) -> bool) {
        let look = || look_under(&self.scratch.name());
        until(what, || {
            look().is_some_and(|status| right(&status)).then_some(())
        });
    }

    fn expect_all(&self) {
        let output = self.folder.path().join("output");
        let output = std::fs::File::open(output).expect("it was made");
        self.content.expect_all(output);
    }
}

/// Everybody who waits in one way or another.
struct Waiting {
    place: Place,
    what: &'static str,
    sides: Vec<Running>,
    /// Kept open: more may come.
    input: Option<ChildStdin>,
}

fn receiver_without_sender() -> Waiting {
    let place = Place::new(1 << 20);
    let sides = vec![place.start("recv", "output")];
    place.until("the receiver", |status| {
        status.receiver.presence == Presence::Present
    });
    let what = "a receiver waits for a sender";
    Waiting {
        place,
        what,
        sides,
        input: None,
    }
}

fn sender_without_receiver() -> Waiting {
    let place = Place::new(1 << 20);
    let sides = vec![place.start("send", "input")];
    place.until("a full link", is_full);
    let what = "a sender waits for room, and for a receiver";
    Waiting {
        place,
        what,
        sides,
        input: None,
    }
}

fn sender_and_paused_receiver() -> Waiting {
    let place = Place::new(1 << 20);
    let receiver = place.start("recv", "output");
    place.until("the receiver", |status| {
        status.receiver.presence == Presence::Present
    });
    receiver.signal(Signal::SIGSTOP);
    let sender = place.start("send", "input");
    place.until("a full link", is_full);
    let what = "a sender waits for room that a paused receiver does not make";
    Waiting {
        place,
        what,
        sides: vec![receiver, sender],
        input: None,
    }
}

fn receiver_and_idle_sender() -> Waiting {
    let place = Place::new(1 << 20);
    let mut sender = place.start("send", "-");
    let receiver = place.start("recv", "output");
    let mut input = sender.child().stdin.take().expect("it was piped");
    input.write_all(b"a beginning").expect("room in a pipe");
    place.until("the beginning", |status| status.received == 11);
    let what = "a receiver waits for a sender that waits for its input";
    Waiting {
        place,
        what,
        sides: vec![receiver, sender],
        input: Some(input),
    }
}

fn sender_of_a_short_file() -> Waiting {
    let place = Place::new(1 << 10);
    let sides = vec![place.start("send", "input")];
    place.until("a whole file in the link", |status| status.sent == 1 << 10);
    let what = "a sender waits until all is received";
    Waiting {
        place,
        what,
        sides,
        input: None,
    }
}

fn is_full(status: &Status) -> bool {
    status.sent == 64 << 10 && status.received == 0
}

#[test]
fn who_waits_uses_no_processor_time() {
    let waiting = [
        receiver_without_sender(),
        sender_without_receiver(),
        sender_and_paused_receiver(),
        receiver_and_idle_sender(),
        sender_of_a_short_file(),
    ];
    thread::sleep(Duration::from_millis(300));
    let usages = || -> Vec<Usage> {
        let sides = waiting.iter().flat_map(|waiting| &waiting.sides);
        sides.map(|side| Usage::of(side.pid())).collect()
    };
    let before = usages();
    thread::sleep(IDLE);
    let mut used = usages()
        .into_iter()
        .zip(before)
        .map(|(after, before)| after - before);
    for Waiting { what, sides, .. } in &waiting {
        for _ in sides {
            let used = used.next().expect("one for each side");
            let line = format!("{what}: {used:?} in {IDLE:?}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            assert!(used.busy < BUSY && used.switches <= SWITCHES, "{line}");
        }
    }
    for waiting in waiting {
        finish(waiting);
    }
}

/// Whoever waited goes on when what it waited for has come.
fn finish(mut waiting: Waiting) {
    let place = &waiting.place;
    if let Some(input) = waiting.input.take() {
        drop(input);
        waiting
            .sides
            .iter_mut()
            .for_each(|side| side.wait().expect(0));
        let output = std::fs::read(place.folder.path().join("output"));
        return assert_eq!(output.expect("it was made"), b"a beginning");
    }
    // Before they go on: they may be done at once, and then it is gone.
    let status = look_under(&place.scratch.name()).expect("it is there");
    for side in &waiting.sides {
        side.signal(Signal::SIGCONT);
    }
    for (seat, verb, file) in [
        (status.sender, "send", "input"),
        (status.receiver, "recv", "output"),
    ] {
        if !seat.held {
            waiting.sides.push(place.start(verb, file));
        }
    }
    waiting
        .sides
        .iter_mut()
        .for_each(|side| side.wait().expect(0));
    place.expect_all();
}

#[test]
fn who_is_paused_in_the_middle_is_not_taken_for_dead() {
    let places = [Place::new(48 << 20), Place::new(48 << 20)];
    let mut pairs = places.each_ref().map(|place| {
        let sides = [place.start("send", "input"), place.start("recv", "output")];
        place.until("the middle", |status| status.received > 1 << 20);
        sides
    });
    // In the one stream the sender, in the other the receiver.
    for (paused, sides) in pairs.iter().enumerate() {
        sides[paused].signal(Signal::SIGSTOP);
    }
    thread::sleep(Duration::from_millis(300));
    let seen = places
        .each_ref()
        .map(|place| look_under(&place.scratch.name()));
    let before = [Usage::of(pairs[0][1].pid()), Usage::of(pairs[1][0].pid())];
    thread::sleep(PAUSE);
    let after = [Usage::of(pairs[0][1].pid()), Usage::of(pairs[1][0].pid())];
    for (stream, place) in places.iter().enumerate() {
        let now = look_under(&place.scratch.name()).expect("it is there");
        let then = seen[stream].as_ref().expect("it is there");
        assert_eq!((now.sent, now.received), (then.sent, then.received));
        assert!(now.sent < place.content.length, "it was paused too late");
        for seat in [now.sender, now.receiver] {
            assert!(seat.held && seat.presence == Presence::Present, "{now:?}");
        }
        let used = after[stream] - before[stream];
        assert!(used.busy < BUSY, "{used:?}");
    }
    for (paused, sides) in pairs.iter_mut().enumerate() {
        sides[paused].signal(Signal::SIGCONT);
        for side in sides.iter_mut() {
            side.wait().expect(0);
        }
        places[paused].expect_all();
    }
}
