//! A victim takes a name, or comes to, or leaves, a link to a process that it names. A dead one's name is
//! free, and the two are linked anew.

use std::fs;
use std::thread::{self, JoinHandle};

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{Ended, RecvTimeoutError, SendTimeoutError, TrySendError};
use aqueduct::open::direct::{DirectError, LinkFrom, LinkTo, Process};
use aqueduct::open::{AttachError, Options, Receiver, mailbox};
use aqueduct::shm::Name;

use super::link::{BRIEF, LONG, brief, long, receive_all};
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::tracer::between_marks;
use crate::running::{Running, look_under, until};
use crate::scratch::names_with;
use crate::shm::{helper, name_for_helper};

pub fn operations() -> [Operation; 5] {
    [
        claim(),
        come(),
        leave_unread(),
        leave_last(),
        leave_as_receiver(),
    ]
}

/// The names of the victim and of the one that it is linked to.
struct Pair([String; 2]);

impl Pair {
    fn of(name: &Name) -> Self {
        let base = name.as_os_str().display();
        Self(["V", "O"].map(|letter| format!("{base}-{letter}")))
    }

    /// In a victim: it has its name.
    fn with_victim(name: &Name) -> (Self, Process) {
        let pair = Self::of(name);
        let process = process(pair.victim());
        (pair, process)
    }

    /// Beside a victim: the other one has its name.
    fn with_other(name: &Name) -> (Self, Process) {
        let pair = Self::of(name);
        let process = process(pair.other());
        (pair, process)
    }

    fn victim(&self) -> &str {
        &self.0[0]
    }

    fn other(&self) -> &str {
        &self.0[1]
    }

    /// The object whose name is `/direct.` and this.
    fn object(suffix: &str) -> Name {
        let name = Name::parse(format!("direct.{suffix}"));
        name.expect("a good name")
    }

    /// The link from the victim.
    fn link(&self) -> Name {
        Self::object(&format!("{}.to.{}", self.victim(), self.other()))
    }

    /// All that there is of them.
    fn objects(&self) -> Vec<Name> {
        let prefixes = self.0.each_ref().map(|name| format!("/direct.{name}"));
        prefixes
            .iter()
            .flat_map(|prefix| names_with(prefix))
            .collect()
    }

    /// The victim is dead, and the other one has dropped its end of the link, if it had one: each may
    /// be linked to the other, and then nothing is left.
    fn finish(&self, other: Process) {
        let follower = Process::new(self.victim()).expect("the name of a dead one is free");
        for [from, to] in [[&follower, &other], [&other, &follower]] {
            let mut sender = from.to(to.name()).expect("its seat is free");
            let mut receiver = to.from(from.name()).expect("its seat is free");
            sender.send(Message::of(9)).expect("there is room");
            assert_eq!(receiver.recv().map(Message::number), Ok(9));
        }
        drop((follower, other));
        assert_eq!(self.objects(), []);
    }
}

impl Drop for Pair {
    /// For those who failed. Victims end without this.
    fn drop(&mut self) {
        for name in self.objects() {
            let _ = fs::remove_file(name.path());
        }
    }
}

/// A process of this name.
fn process(name: &str) -> Process {
    Process::new(name).expect("the name is free")
}

/// The victim takes its name.
fn claim() -> Operation {
    let run = |name: &Name| {
        let pair = Pair::of(name);
        let process = between_marks(|| Process::new(pair.victim()));
        end(process.is_ok())
    };
    let set = |name: &Name, _| Box::new(Claiming(Pair::of(name))) as _;
    Operation::new("direct: claim", set, run)
}

struct Claiming(Pair);

impl Claiming {
    fn name(&self) -> Name {
        Pair::object(self.0.victim())
    }
}

impl Scene for Claiming {
    /// Another one asks for the name, once it is there, and is refused.
    fn go_round(&mut self) {
        if self.name().path().exists() {
            let options = mailbox::Options::new().timeout(Some(BRIEF));
            let claim = options.capacity(Capacity::Zero).create::<u8>(&self.name());
            match claim {
                Err(AttachError::Exists { .. } | AttachError::Gate { .. }) => {}
                other => panic!("a living process has the name: {other:?}"),
            }
        }
    }

    fn look_at_the_end(&mut self) {
        let asked = Process::new(self.0.victim());
        assert!(matches!(asked, Err(DirectError::Taken { .. })), "{asked:?}");
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let claimed = self.name().path().exists();
        fate.agrees(claimed);
        self.0.finish(process(self.0.other()));
        String::from(if claimed { "claimed" } else { "not claimed" })
    }
}

/// A message without bytes: to make a link takes instructions for each byte of its slots.
type Nothing = [u64; 0];

/// The victim is the first to come to its link to another one.
fn come() -> Operation {
    let run = |name: &Name| {
        let (pair, process) = Pair::with_victim(name);
        let link = between_marks(|| process.to::<Nothing>(pair.other()));
        end(link.is_ok())
    };
    let set = |name: &Name, _| {
        let (pair, other) = Pair::with_other(name);
        Box::new(Coming {
            pair,
            other,
            receiver: None,
        }) as _
    };
    Operation::new("direct: come", set, run)
}

struct Coming {
    pair: Pair,
    other: Process,
    /// The other one's end, if it came meanwhile.
    receiver: Option<Receiver<Nothing>>,
}

impl Scene for Coming {
    fn go_round(&mut self) {
        let receiver = self.receiver.get_or_insert_with(|| {
            let options = Options::new().timeout(Some(BRIEF));
            let receiver = options.receiver(&self.pair.link());
            receiver.expect("it makes the link, or comes to it")
        });
        let received = receiver.recv_with_patience(brief());
        assert!(
            matches!(received, Err(RecvTimeoutError::TimedOut)),
            "nobody died"
        );
    }

    fn look_at_the_end(&mut self) {
        assert!(self.pair.link().path().exists());
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let Self {
            pair,
            other,
            receiver,
        } = *self;
        let there = pair.link().path().exists();
        if receiver.is_none() {
            fate.agrees(there);
        }
        drop(receiver);
        pair.finish(other);
        String::from(if there { "there" } else { "not there" })
    }
}

/// The victim drops its end of a link, in which it has sent 1 that nobody has come for.
fn leave_unread() -> Operation {
    let run = |name: &Name| {
        let (pair, process) = Pair::with_victim(name);
        let link = linked(&process, pair.other());
        between_marks(|| drop(link));
        end(true)
    };
    let set = |name: &Name, _| {
        let (pair, other) = Pair::with_other(name);
        Box::new(Unread {
            pair,
            other,
            receiver: None,
        }) as _
    };
    Operation::new("direct: leave what is not received", set, run)
}

/// In a process: the end of a link, in which 1 is sent.
fn linked(process: &Process, to: &str) -> LinkTo<Message> {
    let mut link = process.to(to).expect("its seat is free");
    link.send(Message::of(1)).expect("there is room");
    link
}

struct Unread {
    pair: Pair,
    other: Process,
    /// The other one's end, if it came meanwhile.
    receiver: Option<Receiver<Message>>,
}

impl Scene for Unread {
    fn go_round(&mut self) {
        let options = Options::new().timeout(Some(BRIEF));
        match options.receiver(&self.pair.link()) {
            Ok(receiver) => self.receiver = Some(receiver),
            Err(AttachError::Gate { .. } | AttachError::SeatTaken { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn look_at_the_end(&mut self) {
        assert!(self.pair.link().path().exists(), "1 waits");
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let Self {
            pair,
            other,
            receiver,
        } = *self;
        let mut received = Vec::new();
        let note = |number| received.push(number);
        let why = if let Some(mut receiver) = receiver {
            receive_all(&mut receiver, note)
        } else {
            let link = other.from::<Message>(pair.victim());
            receive_all(&mut link.expect("it waits"), note)
        };
        assert_eq!(received, [1], "what was sent is there");
        fate.agrees(why == Ended::Closed);
        pair.finish(other);
        why.to_string()
    }
}

/// The victim drops its end of a link whose receiver has received all and was killed.
fn leave_last() -> Operation {
    let run = |name: &Name| {
        let (pair, process) = Pair::with_victim(name);
        let mut link = linked(&process, pair.other());
        while !matches!(link.try_send(Message::of(2)), Err(TrySendError::Ended(_))) {
            thread::sleep(BRIEF);
        }
        between_marks(|| drop(link));
        end(true)
    };
    let set = |name: &Name, _| {
        let pair = Pair::of(name);
        let (name, link) = (name.clone(), pair.link());
        let receiving = thread::spawn(move || kill_receiver(&name, &link));
        Box::new(Last { pair, receiving }) as _
    };
    Operation::new("direct: leave as the last", set, run)
}

/// In another process than the victim's: receives one message, and waits to be killed.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives_one() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let pair = Pair::of(&name);
    let process = process(pair.other());
    let mut link = process
        .from::<Message>(pair.victim())
        .expect("its seat is free");
    let message = link.recv_with_patience(long());
    assert_eq!(message.map(Message::number), Ok(1));
    thread::sleep(LONG);
}

/// Lets another process receive one message from the victim, and kills it.
fn kill_receiver(name: &Name, link: &Name) {
    let mut running = Running::start(&mut helper("traced::direct::receives_one", name));
    until("a message", || {
        (look_under(link)?.received == 1).then_some(())
    });
    running.kill().killed().expect("it waits");
}

struct Last {
    pair: Pair,
    /// The other one's end, which is dead when the victim drops its own.
    receiving: JoinHandle<()>,
}

impl Scene for Last {
    /// Nobody has a use for it.
    fn go_round(&mut self) {}

    fn look_at_the_end(&mut self) {
        assert!(!self.pair.link().path().exists(), "the last takes it along");
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        self.receiving.join().expect("it is killed");
        let there = self.pair.link().path().exists();
        fate.agrees(!there);
        self.pair.finish(process(self.pair.other()));
        String::from(if there { "there" } else { "removed" })
    }
}

/// The victim drops its end of a link before it has received what was sent.
fn leave_as_receiver() -> Operation {
    let run = |name: &Name| {
        let (pair, process) = Pair::with_victim(name);
        let link: LinkFrom<Message> = process.from(pair.other()).expect("its seat is free");
        between_marks(|| drop(link));
        end(true)
    };
    let set = |name: &Name, _| {
        let (pair, other) = Pair::with_other(name);
        let sender = linked(&other, pair.victim());
        Box::new(ReceiverLeaves {
            pair,
            other,
            sender,
        }) as _
    };
    Operation::new("direct: leave as receiver", set, run)
}

struct ReceiverLeaves {
    pair: Pair,
    other: Process,
    sender: LinkTo<Message>,
}

impl Scene for ReceiverLeaves {
    fn go_round(&mut self) {
        match self.sender.try_send(Message::of(2)) {
            Ok(()) => {}
            Err(TrySendError::Ended(error)) => assert_eq!(error.why, Ended::Closed, "it lives"),
            Err(TrySendError::Full(_)) => panic!("there is room"),
        }
    }

    fn look_at_the_end(&mut self) {
        let error = self.sender.send(Message::of(3)).expect_err("it has gone");
        assert_eq!(error.why, Ended::Closed);
        let link = self.sender.object_name();
        assert!(!link.path().exists(), "{link} is left");
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        let why = loop {
            match self.sender.send_with_patience(Message::of(3), long()) {
                Ok(()) => thread::sleep(BRIEF),
                Err(SendTimeoutError::Ended(error)) => break error.why,
                Err(SendTimeoutError::TimedOut(_)) => panic!("nobody told of the death"),
            }
        };
        fate.agrees(why == Ended::Closed);
        drop(self.sender);
        self.pair.finish(self.other);
        why.to_string()
    }
}
