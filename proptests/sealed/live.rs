//! A process that lies: it writes over every byte that it can, as fast as it can, while this one sends
//! and receives.

use std::collections::BTreeMap;
use std::os::unix::net::{UnixListener, UnixStream};
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use aqueduct::link::{End, Receiver, Role, Sender};
use aqueduct::open::sealed::{Options, Sealed};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::{Native, Wary};
use aqueduct::position::{Capacity, Position};
use aqueduct::wait::Patience;

use super::calls::{Answer, Message};
use super::lies::{LIES, before_messages, lie};
use super::memory::{Side, Words};
use super::{helper, options, socket_for_helper};
use crate::running::{Random, Running};

/// The calls of a run.
const CALLS: u64 = 1_000_000;

/// The calls on one link, which soon is corrupt or not at all.
const CALLS_EACH: u64 = 10_000;

/// The ways of [`lie`] in which nothing but messages, bells and life words are written over.
const GENTLE: [u64; 4] = [2, 3, 3, 7];

/// In a helper: lies.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn lies() {
    let Some(socket) = socket_for_helper() else {
        return;
    };
    let address = socket.peer_addr().expect("its address");
    let mut random = Random::seeded(u64::from(std::process::id()));
    // Until the parent listens no more.
    while let Ok(socket) = UnixStream::connect_addr(&address) {
        if random.below(2) == 0 {
            lie_to::<[u64; 3]>(socket, &mut random);
        } else {
            lie_to::<u8>(socket, &mut random);
        }
    }
}

/// Takes what is offered, whichever end of whatever it is, and lies until the parent goes.
fn lie_to<T: Message>(socket: UnixStream, random: &mut Random) {
    // What is offered is told by an error, which is of no interest here.
    if random.below(2) == 0 {
        if let Ok(sender) = options().accept_sender::<T>(socket) {
            lie_at(sender.end(), true, random);
        }
    } else if let Ok(receiver) = options().accept_receiver::<T>(socket) {
        let capacity = receiver.end().capacity().get();
        // One whose capacity is odd can be written to in its first pages alone.
        lie_at(receiver.end(), capacity % 2 == 0, random);
    }
}

fn lie_at<T: Message>(end: &Sealed<T>, all: bool, random: &mut Random) {
    let capacity = end.capacity().get();
    let link = end.link();
    let first = ptr::from_ref(link).cast::<u8>().cast_mut();
    // SAFETY: they lie in the link, and both sides use them as atomic words; only what is mapped to be
    // written is written to.
    let at = |len| unsafe { Words::at::<Wary>(first, len) };
    let words = at(size_of_val(link));
    let words = if all {
        words
    } else {
        at(before_messages(words))
    };
    let gentle = random.below(4) != 0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(2) {
        for _ in 0..200 {
            let way = if gentle {
                random.one_of(&GENTLE)
            } else {
                random.below(LIES)
            };
            lie(words, capacity as u64, way, random);
            play_along(words, end.role(), capacity as u64);
        }
        if random.below(200) == 0 {
            return; // with a goodbye, which may be a lie as well
        }
    }
}

/// Says that it has sent all that there is room for, or received all that there was: then the other side
/// goes on.
fn play_along(words: Words<'_>, role: Role, capacity: u64) {
    let (from, to, more) = match role {
        Role::Sender => (Side::Head, Side::Tail, capacity),
        Role::Receiver => (Side::Tail, Side::Head, 0),
    };
    let word = |first| {
        words
            .position(first)
            .map(|word| Position::new(word.load(Relaxed)))
    };
    let latest = word(from)
        .reduce(Position::or_later)
        .expect("there are some");
    for word in words.position(to) {
        word.store(latest.count().wrapping_add(more), Relaxed);
    }
}

/// What the calls came to.
#[derive(Debug, Default)]
struct Tally {
    calls: u64,
    links: u64,
    answers: BTreeMap<Answer, u64>,
}

impl Tally {
    /// Calls until it is of no use any more.
    fn call(&mut self, mut call: impl FnMut() -> Answer) {
        self.links += 1;
        for _ in 0..CALLS_EACH {
            let answer = call();
            self.calls += 1;
            *self.answers.entry(answer).or_default() += 1;
            if matches!(answer, Answer::Closed | Answer::Dead | Answer::Corrupt) {
                break;
            }
        }
    }
}

/// Makes a link with the liar, and uses it.
fn use_one<T: Message>(socket: UnixStream, random: &mut Random, tally: &mut Tally) {
    let capacity = random.one_of(&[1, 2, 3, 8, 100, 101]);
    let options: Options = options().capacity(Capacity::new(capacity).expect("a capacity"));
    if random.below(2) == 0 {
        let Ok(mut receiver) = options.offer_sender::<T>(socket) else {
            return;
        };
        tally.call(|| receive(&mut receiver, random));
    } else {
        let options = if capacity % 2 == 1 {
            options.read_only()
        } else {
            options
        };
        let Ok(mut sender) = options.offer_receiver::<T>(socket) else {
            return;
        };
        tally.call(|| send(&mut sender, random));
    }
}

fn receive<E: End<Message: Message>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer {
    // Now and then it sleeps, and its deadline is kept.
    if random.below(1_000) == 0 {
        let _ = receiver.recv_batch(soon(), |_| ());
    }
    Message::receive(receiver, random)
}

fn send<E: End<Message: Message>>(sender: &mut Sender<E>, random: &mut Random) -> Answer {
    if random.below(1_000) == 0 {
        let _ = sender.send_batch(1, soon(), |_| ());
    }
    Message::send(sender, random)
}

/// A wait of a millisecond.
fn soon() -> Patience {
    Patience::until(Native::now() + Duration::from_millis(1))
}

/// So many calls on links with a process that lies.
fn lied_to(calls: u64) -> Tally {
    let (mut random, seed) = Random::from_environment();
    eprintln!("AQUEDUCT_SEED={seed}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket with a name");
    let first = UnixStream::connect(&path).expect("it listens");
    let _ = listener.accept().expect("the one above");
    let mut liar = Running::start(&mut helper("sealed::live::lies", first));
    let mut tally = Tally::default();
    while tally.calls < calls {
        let (socket, _) = listener.accept().expect("the helper connects");
        if random.below(2) == 0 {
            use_one::<[u64; 3]>(socket, &mut random, &mut tally);
        } else {
            use_one::<u8>(socket, &mut random, &mut tally);
        }
        assert!(!liar.has_ended(), "the liar lives");
    }
    liar.kill();
    tally
}

#[test]
fn whatever_it_writes_is_answered() {
    let tally = lied_to(CALLS);
    eprintln!("{tally:?}");
    for answer in [
        Answer::Done,
        Answer::NotNow,
        Answer::Closed,
        Answer::Corrupt,
    ] {
        assert!(
            tally.answers.contains_key(&answer),
            "never {answer:?}: {tally:?}"
        );
    }
}

#[test]
#[ignore = "the long form: a thousand million calls"]
fn whatever_it_writes_is_answered_long() {
    eprintln!("{:?}", lied_to(1_000_000_000));
}
