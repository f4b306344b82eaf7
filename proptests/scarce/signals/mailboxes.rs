//! The waits of mailboxes, of many links at once, and of calls and letters, which are sent through mailboxes.

use std::thread;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::select::{Few, Select as Selecting};
use aqueduct::link::{RecvTimeoutError, SendTimeoutError};
use aqueduct::open::call::{CallError, Client, Server};
use aqueduct::open::mailbox::{Mailbox, Options};
use aqueduct::select::Select;
use aqueduct::shm::Name;
use aqueduct::threads;
use aqueduct::wait::TimedOut;

use super::super::{process, soon};
use super::{WAIT, Wait, in_vain, later};
use crate::running::{LONG, patience};

pub const WAITS: &[Wait] = &[
    ("a message in a mailbox of some", |name| {
        message(name, Capacity::Bounded(1));
    }),
    ("a message in a mailbox of any number", |name| {
        message(name, Capacity::Unbounded);
    }),
    ("who meets a sender", |name| message(name, Capacity::Zero)),
    ("room in a mailbox", |name| {
        let post = full(name);
        let receiver = post.receiver();
        later(
            move || receiver.recv(),
            || assert_eq!(post.sender().send(2), Ok(())),
        );
    }),
    ("who meets a receiver", |name| {
        let post = mailbox(name, Capacity::Zero);
        let receiver = post.receiver();
        later(
            move || receiver.recv(),
            || assert_eq!(post.sender().send(7), Ok(())),
        );
    }),
    ("a message that does not come in a mailbox", |name| {
        for (number, capacity) in CAPACITIES.into_iter().enumerate() {
            let name = crate::scratch::suffixed(name, &number.to_string());
            let receiver = mailbox(&name, capacity).receiver();
            let received = in_vain(|_| receiver.recv_timeout(WAIT));
            assert_eq!(received, Err(RecvTimeoutError::TimedOut));
        }
    }),
    ("room that is not made in a mailbox", |name| {
        let sender = full(name).sender();
        let sent = in_vain(|_| sender.send_timeout(2, WAIT));
        assert_eq!(sent, Err(SendTimeoutError::TimedOut(2)));
    }),
    ("a receiver that nobody meets", |name| {
        let sender = mailbox(name, Capacity::Zero).sender();
        let sent = in_vain(|_| sender.send_timeout(2, WAIT));
        assert_eq!(sent, Err(SendTimeoutError::TimedOut(2)));
    }),
    ("messages between threads", |_| {
        for capacity in CAPACITIES {
            let (sender, receiver) = threads::mailbox(capacity).expect("a capacity");
            later(
                move || sender.send(7),
                || assert_eq!(receiver.recv(), Ok(7)),
            );
        }
    }),
    ("one of many", |name| {
        let post = mailbox(name, Capacity::Unbounded);
        let sender = post.sender();
        let mut receivers = [post.receiver()];
        let mut select = Select::new(&mut receivers).expect("one link");
        later(
            move || sender.send(7),
            || assert_eq!(select.wait_forever(), (0, Ok(7))),
        );
    }),
    ("one of few", |_| {
        let ends = (0..3).map(|_| between_threads());
        let (senders, mut receivers): (Vec<_>, Vec<_>) = ends.unzip();
        let select = Selecting::with_poller(&mut receivers, Few::new());
        let mut select = select.expect("each is another");
        later(
            move || senders[2].send(7).map(|()| senders),
            || assert_eq!(select.wait_forever(), (2, Ok(7))),
        );
    }),
    ("none of many", |_| {
        let ends = (0..100).map(|_| between_threads());
        let (_senders, mut receivers): (Vec<_>, Vec<_>) = ends.unzip();
        let mut select = Select::new(&mut receivers).expect("each is another");
        let waited = in_vain(|patience| select.wait(patience));
        assert_eq!(waited.err(), Some(TimedOut));
    }),
    ("an answer", |name| {
        let mut server = server(name);
        let mut client = client(name);
        let answer = move || {
            let question = server.next(patience()).expect("somebody asks");
            let answer = question.question() + 1;
            server.answer(&question, answer)
        };
        later(answer, || {
            assert_eq!(client.call(7, patience()).ok(), Some(8));
        });
    }),
    (
        "an answer that does not come, and room for a question",
        |name| {
            let _server = server(name);
            let mut first = client(name);
            let unanswered = in_vain(|patience| first.call(7, patience));
            assert!(matches!(unanswered, Err(CallError::Unanswered)));
            let mut second = client(name);
            let not_asked = in_vain(|patience| second.call(7, patience));
            assert!(matches!(not_asked, Err(CallError::NotAsked(_))));
        },
    ),
    ("a question", |name| {
        let mut server = server(name);
        let asked = || {
            let unanswered = client(name).call(7, soon());
            assert_eq!(unanswered, Err(CallError::Unanswered));
            Ok::<_, ()>(())
        };
        later(asked, || {
            let question = server.next(patience()).expect("somebody asks");
            assert_eq!(*question.question(), 7);
        });
    }),
    ("questions, until the end", |name| {
        let mut server = server(name);
        let own = server.mailbox().clone();
        let asked = || {
            let answer = client(name).call(7, patience());
            thread::sleep(WAIT);
            assert!(own.close());
            answer.map(|answer| assert_eq!(answer, 8))
        };
        later(asked, || server.serve(|question| question + 1));
    }),
    ("a letter", |name| {
        let process = process(name).expect("a free name");
        let inbox = process.receiver::<u64>(Capacity::Bounded(1));
        let inbox = inbox.expect("it is new");
        let sender = process.sender::<u64>(process.name().as_str());
        let sender = sender.expect("there is an inbox");
        later(
            move || sender.send(7).map(|()| sender),
            || assert_eq!(inbox.recv().map(|letter| letter.message()), Ok(7)),
        );
    }),
    ("room for a letter", |name| {
        let process = process(name).expect("a free name");
        let inbox = process.receiver::<u64>(Capacity::Bounded(1));
        let inbox = inbox.expect("it is new");
        let sender = process.sender::<u64>(process.name().as_str());
        let sender = sender.expect("there is an inbox");
        sender.send(1).expect("there is room");
        later(|| inbox.recv(), || assert_eq!(sender.send(2), Ok(())));
    }),
    ("an inbox", |name| {
        let process = process(name).expect("a free name");
        let come = || process.receiver::<u64>(Capacity::Bounded(1));
        later(come, || {
            let sender = process.sender_timeout::<u64>(process.name().as_str(), LONG);
            sender.expect("it comes")
        });
    }),
];

const CAPACITIES: [Capacity; 3] = [Capacity::Zero, Capacity::Bounded(1), Capacity::Unbounded];

fn mailbox(name: &Name, capacity: Capacity) -> Mailbox<u64> {
    let options = Options::new().capacity(capacity);
    options.create(name).expect("a free name")
}

fn full(name: &Name) -> Mailbox<u64> {
    let post = mailbox(name, Capacity::Bounded(1));
    post.sender().send(1).expect("there is room");
    post
}

fn message(name: &Name, capacity: Capacity) {
    let post = mailbox(name, capacity);
    let sender = post.sender();
    later(
        move || sender.send(7),
        || assert_eq!(post.receiver().recv(), Ok(7)),
    );
}

fn between_threads() -> (threads::MailboxSender<u64>, threads::MailboxReceiver<u64>) {
    threads::mailbox(Capacity::Bounded(1)).expect("a capacity")
}

fn server(name: &Name) -> Server<u64, u64> {
    Server::create(name, Capacity::Bounded(1)).expect("a free name")
}

fn client(name: &Name) -> Client<u64, u64> {
    Client::new(name).expect("a server")
}
