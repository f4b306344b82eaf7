//! Request and reply between processes: each question has its answer, whoever gives up, dies or is
//! stopped.

mod boxes;

use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{Ended, SendTimeoutError};
use aqueduct::open::AttachError;
use aqueduct::open::call::{CallError, Client, Server};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::{Name, OpenError};
use aqueduct::wait::Patience;
use nix::sys::signal::Signal;

use crate::running::{Running, patience, state, until};
use crate::scratch::Scratch;
use crate::shm::{helper, name_for_helper};

type Asking = Client<u32, [u32; 3]>;
type Answering = Server<u32, [u32; 3]>;

fn soon() -> Patience {
    Patience::until(Native::now() + Duration::from_millis(20))
}

/// In a helper: answers with the question, in three pieces.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn serves() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut server = Answering::create(&name, Capacity::Zero).expect("the name is free");
    server.serve(|&question| [question; 3]);
}

/// A server in another process, and a client of it.
fn served(scratch: &Scratch) -> (Running, Asking) {
    let running = Running::start(&mut helper("call::serves", &scratch.name()));
    let client = until("a server", || Asking::new(&scratch.name()).ok());
    (running, client)
}

#[test]
fn each_of_three_clients_gets_its_answers() {
    let scratch = Scratch::new();
    let (mut running, first) = served(&scratch);
    let others = [(); 2].map(|()| Asking::new(&scratch.name()).unwrap());
    let [second, third] = others;
    let asking = [first, second, third]
        .into_iter()
        .zip(0..)
        .map(|(mut client, number)| {
            thread::spawn(move || {
                for question in (0..300).map(|n| 1000 * number + n) {
                    let answer = client.call(question, patience());
                    assert_eq!(answer, Ok([question; 3]));
                }
            })
        });
    for thread in asking.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    running.kill().killed().expect("it serves");
}

#[test]
fn one_that_waits_for_an_answer_is_told_when_the_server_dies() {
    let scratch = Scratch::new();
    let (mut running, mut client) = served(&scratch);
    assert_eq!(client.call(1, patience()), Ok([1; 3]));
    // It gives the question to one that waits for it, and is stopped after that.
    running.signal(Signal::SIGSTOP);
    until("it stands still", || {
        (state(running.pid()) == Some('T')).then_some(())
    });
    let asked = client.call(2, soon());
    let not_asked = CallError::NotAsked(SendTimeoutError::TimedOut(2));
    assert!(
        [Err(not_asked), Err(CallError::Unanswered)].contains(&asked),
        "{asked:?}"
    );
    let waiting = thread::spawn(move || client.call(3, patience()));
    thread::sleep(Duration::from_millis(20));
    running.kill().killed().expect("it is stopped");
    match waiting.join().unwrap() {
        Err(CallError::Gone(Ended::Dead)) => {}
        Err(CallError::NotAsked(SendTimeoutError::Ended(error))) => {
            assert_eq!((error.message, error.why), (3, Ended::Dead));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_late_answer_is_not_taken_for_another_one() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut server = Answering::create(&name, Capacity::Bounded(4)).unwrap();
    let mut client = Asking::new(&name).unwrap();
    for question in [1, 2, 3] {
        assert_eq!(client.call(question, soon()), Err(CallError::Unanswered));
    }
    let asking = thread::spawn(move || (client.call(4, patience()), client));
    let calls = [(); 4].map(|()| server.next(patience()).unwrap());
    for call in calls {
        let answer = [*call.question(); 3];
        server.answer(&call, answer).unwrap();
    }
    let (answer, mut client) = asking.join().unwrap();
    assert_eq!(answer, Ok([4; 3]));
    // The server closes its mailbox, and the question comes back.
    drop(server);
    let closed = client.call(5, patience());
    let Err(CallError::NotAsked(SendTimeoutError::Ended(error))) = closed else {
        panic!("{closed:?}");
    };
    assert_eq!((error.message, error.why), (5, Ended::Closed));
}

#[test]
fn an_older_answer_does_not_take_the_place_of_a_newer_one() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut server = Answering::create(&name, Capacity::Bounded(4)).unwrap();
    let mut client = Asking::new(&name).unwrap();
    for question in [1, 2] {
        assert_eq!(client.call(question, soon()), Err(CallError::Unanswered));
    }
    let [older, newer] = [(); 2].map(|()| server.next(patience()).unwrap());
    // Nobody takes the one that is there.
    server.answer(&newer, [2; 3]).unwrap();
    let _ = server.answer(&older, [1; 3]);
    let asking = thread::spawn(move || client.call(3, patience()));
    let newest = server.next(patience()).unwrap();
    server.answer(&newest, [3; 3]).unwrap();
    assert_eq!(asking.join().unwrap(), Ok([3; 3]));
}

#[test]
fn an_answer_for_a_client_that_is_gone_comes_back() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut server = Answering::create(&name, Capacity::Bounded(4)).unwrap();
    let mut client = Asking::new(&name).unwrap();
    assert_eq!(client.call(1, soon()), Err(CallError::Unanswered));
    drop(client);
    let call = server.next(patience()).unwrap();
    let Err(SendTimeoutError::Ended(error)) = server.answer(&call, [7; 3]) else {
        panic!("nobody is there");
    };
    assert_eq!((error.message, error.why), ([7; 3], Ended::Closed));
}

#[test]
fn each_mistake_has_its_error() {
    let scratch = Scratch::new();
    let missing = Asking::new(&scratch.name()).expect_err("there is none");
    assert!(matches!(
        missing,
        AttachError::Open(OpenError::NotFound { .. })
    ));
    let _server = Answering::create(&scratch.name(), Capacity::Zero).unwrap();
    let twice = Answering::create(&scratch.name(), Capacity::Zero).expect_err("it is there");
    assert!(matches!(twice, AttachError::Exists { .. }));
    let other = Client::<i64, u64>::new(&scratch.name()).expect_err("other questions");
    assert!(other.to_string().contains("Letter<u32>"), "{other}");
    let long = Name::parse(format!(
        "aqueduct-test-{}-{}",
        std::process::id(),
        "x".repeat(100)
    ));
    let long = long.unwrap();
    let _server = Answering::create(&long, Capacity::Zero).unwrap();
    let refused = Asking::new(&long).expect_err("its boxes would have longer ones");
    assert!(
        refused.to_string().contains("too long for a server"),
        "{refused}"
    );
}
