//! One that waits for many links: each message comes once, in the order of its link; a death wakes
//! it; and an event loop can do it.

use std::os::fd::AsFd as _;
use std::sync::atomic::AtomicU32;
use std::thread;
use std::time::Duration;

use aqueduct::link::Ended;
use aqueduct::link::mailbox::Capacity;
use aqueduct::link::select::{Few, Poller, Select as Generic, Selectable, Twice};
use aqueduct::open;
use aqueduct::open::mailbox::{Mailbox, Options};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::{Native, Sleeper, Uring};
use aqueduct::select::Select;
use aqueduct::threads::{bounded, mailbox};
use aqueduct::wait::{Patience, TimedOut};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::running::{LONG, Running, patience, until};
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};
use crate::spec::property;

type Came = Result<u32, Ended>;
type Source<'a> = &'a mut (dyn Selectable<Native, Output = Came> + 'a);

/// Long enough to fall asleep.
fn soon() -> Patience {
    Patience::until(Native::now() + Duration::from_millis(5))
}

/// The pollers that this machine has.
fn pollers() -> Vec<Sleeper> {
    let uring = Uring::new().ok().map(Box::new).map(Sleeper::Uring);
    uring
        .into_iter()
        .chain([Sleeper::Few(Few::new())])
        .collect()
}

/// Receives until all have ended: what came from each.
fn drain<W: Poller<Native>>(
    mut select: Generic<'_, Native, Source<'_>, W>,
    links: usize,
) -> Vec<Vec<u32>> {
    let mut came = vec![Vec::new(); links];
    let mut open = links;
    while open > 0 {
        match select.wait(patience()).expect("somebody sends") {
            (index, Ok(message)) => came[index].push(message),
            (index, Err(why)) => {
                assert_eq!(why, Ended::Closed);
                select.leave_out(index);
                open -= 1;
            }
        }
    }
    came
}

/// One to whom the kernel refuses the first requests.
struct Refused {
    times: u32,
    poller: Few<Native>,
}

impl Poller<Native> for Refused {
    unsafe fn arm(&mut self, token: u64, words: &[(&AtomicU32, u32)]) {
        // SAFETY: by the caller's word.
        unsafe { self.poller.arm(token, words) };
    }

    fn disarm(&mut self, token: u64) {
        self.poller.disarm(token);
    }

    fn woken(&mut self, tell: &mut dyn FnMut(u64)) {
        self.poller.woken(tell);
    }

    fn submit(&mut self) -> bool {
        self.times = self.times.saturating_sub(1);
        self.times == 0 && self.poller.submit()
    }

    fn sleep(&mut self, deadline: Option<Duration>) {
        self.poller.sleep(deadline);
    }
}

/// Who sleeps elsewhere has to come again by itself then.
#[test]
fn what_is_not_watched_yet_is_told() {
    let (_sender, receiver) = bounded::<u32>(1).expect("a capacity");
    let mut links = [receiver];
    let poller = Refused {
        times: 3,
        poller: Few::new(),
    };
    let mut select = Generic::with_poller(&mut links, poller).expect("one link");
    for is_behind in [true, true, false, false] {
        assert_eq!(select.poll(), None);
        assert_eq!(select.is_suspended(), is_behind);
    }
}

/// What a link is made of.
#[derive(Clone, Copy, Debug)]
enum Kind {
    OneToOne(usize),
    Mailbox(Capacity),
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        (1..4_usize).prop_map(Kind::OneToOne),
        Just(Kind::Mailbox(Capacity::Zero)),
        (1..4_usize).prop_map(|n| Kind::Mailbox(Capacity::Bounded(n))),
        Just(Kind::Mailbox(Capacity::Unbounded)),
    ]
}

type Sending = Box<dyn FnMut(u32) + Send>;
type Receiving = Box<dyn Selectable<Native, Output = Came>>;

fn link(kind: Kind) -> (Sending, Receiving) {
    match kind {
        Kind::OneToOne(capacity) => {
            let (mut sender, receiver) = bounded(capacity).unwrap();
            (
                Box::new(move |message| sender.send(message).unwrap()),
                Box::new(receiver),
            )
        }
        Kind::Mailbox(capacity) => {
            let (sender, receiver) = mailbox(capacity).unwrap();
            (
                Box::new(move |message| sender.send(message).unwrap()),
                Box::new(receiver),
            )
        }
    }
}

property! {
    fn each_message_comes_once_and_in_order(
        links in vec((kind(), 0..20_u32), 1..6),
    ) {
        for poller in pollers() {
            let (senders, mut receivers): (Vec<_>, Vec<_>) = links.iter().map(|&(kind, _)| link(kind)).unzip();
            let sending: Vec<_> = senders.into_iter().zip(&links).map(|(mut send, &(_, count))| {
                thread::spawn(move || (0..count).for_each(&mut send))
            }).collect();
            let mut sources: Vec<Source<'_>> = receivers.iter_mut().map(|link| &mut **link as Source<'_>).collect();
            let select = Generic::with_poller(&mut sources, poller).expect("all are different");
            let came = drain(select, links.len());
            for (came, &(_, count)) in came.iter().zip(&links) {
                prop_assert!(came.iter().copied().eq(0..count), "{came:?}");
            }
            for thread in sending {
                thread.join().unwrap();
            }
        }
    }
}

#[test]
fn a_thousand_links_are_waited_for_and_each_has_its_turn() {
    let (mut senders, mut receivers): (Vec<_>, Vec<_>) =
        (0..1000).map(|_| bounded::<usize>(4).unwrap()).unzip();
    let mut select = Select::new(&mut receivers).unwrap();
    assert_eq!(select.wait(soon()), Err(TimedOut));
    for round in 0..3 {
        for (number, sender) in senders.iter_mut().enumerate() {
            sender.send(number + round).unwrap();
        }
        // Each once, before any of them again.
        let mut came: Vec<_> = (0..1000)
            .map(|_| select.wait(patience()).unwrap())
            .collect();
        came.sort_unstable_by_key(|(number, _)| *number);
        assert!(
            came.iter()
                .enumerate()
                .all(|(number, came)| *came == (number, Ok(number + round)))
        );
    }
    let last = senders.pop().unwrap();
    let sending = thread::spawn(move || {
        thread::sleep(Duration::from_millis(10));
        let mut last = last;
        last.send(7).unwrap();
        last
    });
    assert_eq!(select.wait(patience()), Ok((999, Ok(7))));
    drop(sending.join().unwrap());
    assert_eq!(select.wait(patience()), Ok((999, Err(Ended::Closed))));
}

#[test]
fn the_same_link_twice_is_a_mistake() {
    let (_sender, receiver) = mailbox::<u32>(Capacity::Zero).unwrap();
    let (_other, another) = mailbox::<u32>(Capacity::Zero).unwrap();
    let mut links = [receiver.clone(), another, receiver];
    let twice = Select::new(&mut links).err();
    assert_eq!(
        twice,
        Some(Twice {
            first: 0,
            second: 2
        })
    );
}

#[test]
fn a_link_can_be_used_for_itself_and_is_waited_for_after_that() {
    let (mut sender, receiver) = bounded::<u32>(2).unwrap();
    let mut links = [receiver];
    let mut select = Select::new(&mut links).unwrap();
    assert_eq!(select.wait(soon()), Err(TimedOut));
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!(select.link(0).try_recv(), Ok(1));
    assert_eq!(select.wait(patience()), Ok((0, Ok(2))));
    assert_eq!(select.wait(soon()), Err(TimedOut));
}

#[test]
fn one_that_seems_dead_is_looked_at_also_by_who_has_no_time() {
    let scratch = Scratch::new();
    let beside = scratch.with_suffix("box");
    let (mut running, _receiver, guest) = sent_to_both(&scratch, &beside);
    let mut links = [guest.receiver()];
    let mut select = Select::new(&mut links).unwrap();
    running.kill().killed().expect("it waits");
    let mut next = || until("what comes next", || select.wait(Patience::AT_ONCE).ok());
    assert_eq!([next(), next()], [(0, Ok(2)), (0, Err(Ended::Dead))]);
}

#[test]
fn a_descriptor_tells_an_event_loop() {
    let (mut senders, mut receivers): (Vec<_>, Vec<_>) =
        (0..3).map(|_| bounded::<u32>(1).unwrap()).unzip();
    let mut select = Select::new(&mut receivers).unwrap();
    if select.fd().is_none() {
        eprintln!("this kernel has no io_uring with futexes, or forbids it: not tested");
        return;
    }
    let mut sender = senders.remove(1);
    let sending = thread::spawn(move || {
        thread::sleep(Duration::from_millis(10));
        sender.send(5).unwrap();
        sender
    });
    assert_eq!(select.poll(), None);
    let readable = |select: &Select<'_, _>, limit: u16| {
        let fd = select.fd().unwrap();
        let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(limit)).unwrap() == 1
    };
    assert!(readable(&select, 30_000));
    assert_eq!(select.poll(), Some((1, Ok(5))));
    assert_eq!(select.poll(), None);
    assert!(!readable(&select, 5));
    drop(sending.join().unwrap());
    assert!(readable(&select, 30_000));
    assert_eq!(select.poll(), Some((1, Err(Ended::Closed))));
}

/// In a helper: attaches to a link and a mailbox, sends to both, and waits to be killed.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_to_both() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut sender = open::Options::new().sender::<u32>(&name).unwrap();
    let options = Options::new().capacity(Capacity::Bounded(1));
    let mailbox = options.create::<u32>(&suffixed(&name, "box")).unwrap();
    mailbox.sender().send(2).unwrap();
    sender.send(1).unwrap();
    thread::sleep(2 * LONG);
}

/// A process that has sent to a link and to a mailbox, and the other side of both; what came by the link
/// was received.
fn sent_to_both(
    scratch: &Scratch,
    beside: &Scratch,
) -> (Running, open::Receiver<u32>, Mailbox<u32>) {
    let mut receiver = open::Options::new().receiver(&scratch.name()).unwrap();
    let running = Running::start(&mut helper("select::sends_to_both", &scratch.name()));
    assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    let guest = Options::new().open(&beside.name()).unwrap();
    (running, receiver, guest)
}

#[test]
fn one_that_waits_is_told_of_deaths() {
    for poller in pollers() {
        let scratch = Scratch::new();
        let beside = scratch.with_suffix("box");
        let (mut running, mut receiver, guest) = sent_to_both(&scratch, &beside);
        let mut from_mailbox = guest.receiver();
        let mut links: [Source<'_>; 2] = [&mut receiver, &mut from_mailbox];
        let mut select = Generic::with_poller(&mut links, poller).unwrap();
        assert_eq!(select.wait(patience()), Ok((1, Ok(2))));
        assert_eq!(select.wait(soon()), Err(TimedOut));
        running.kill().killed().expect("it waits");
        let mut told: Vec<_> = (0..2)
            .map(|_| {
                let (index, outcome) = select.wait(patience()).unwrap();
                select.leave_out(index);
                (index, outcome)
            })
            .collect();
        told.sort_by_key(|(index, _)| *index);
        assert_eq!(told, [(0, Err(Ended::Dead)), (1, Err(Ended::Dead))]);
        assert_eq!(select.wait(soon()), Err(TimedOut));
    }
}
