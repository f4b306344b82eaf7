//! The box of a client, in which its answers lie: it may be shut for a while, broken, or another's, and its name
//! taken.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, symlink};
use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{Ended, SendTimeoutError};
use aqueduct::open::call::CallError;
use aqueduct::shm::{Name, Object, Uid};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::{Answering, Asking, served, soon};
use crate::running::patience;
use crate::scratch::{Scratch, names_with};

/// The first box of this process's clients.
fn first_box(server: &Name) -> Name {
    let name = format!(
        "{}.reply-{}-0",
        server.as_os_str().display(),
        std::process::id()
    );
    Name::parse(name).expect("a good name")
}

/// Who lists objects, or removes them, has the gate of each for a moment; or is stopped meanwhile.
#[test]
fn an_answer_that_cannot_be_given_now_is_given_later() {
    let scratch = Scratch::new();
    let mut server = Answering::create(&scratch.name(), Capacity::Bounded(4)).unwrap();
    let mut client = Asking::new(&scratch.name()).unwrap();
    let reply_box = Object::open(first_box(&scratch.name()), Uid::effective()).unwrap();
    thread::scope(|scope| {
        let asking = scope.spawn(|| client.call(7, patience()));
        let call = server.next(patience()).unwrap();
        let gate = reply_box.lock_gate().unwrap();
        let refused = server.answer(&call, [7; 3]);
        assert_eq!(refused, Err(SendTimeoutError::TimedOut([7; 3])));
        drop(gate);
        server.answer(&call, [7; 3]).unwrap();
        assert_eq!(asking.join().unwrap(), Ok([7; 3]));
    });
}

#[test]
fn who_serves_gives_such_an_answer_by_itself_and_serves_others_meanwhile() {
    let scratch = Scratch::new();
    let (mut running, mut client) = served(&scratch);
    let reply_box = Object::open(first_box(&scratch.name()), Uid::effective()).unwrap();
    let mut other = Asking::new(&scratch.name()).unwrap();
    let gate = reply_box.lock_gate().unwrap();
    let asking = thread::spawn(move || client.call(7, patience()));
    for question in 0..20 {
        assert_eq!(other.call(question, patience()), Ok([question; 3]));
        thread::sleep(Duration::from_millis(1));
    }
    drop(gate);
    assert_eq!(asking.join().unwrap(), Ok([7; 3]));
    running.kill().killed().expect("it serves");
}

/// A client whose first name for a box is taken, by whatever, takes the next one.
#[test]
fn what_lies_under_the_name_of_a_box_is_passed_over() {
    let scratch = Scratch::new();
    let (mut running, first) = served(&scratch);
    drop(first);
    let taken = Scratch::of(first_box(&scratch.name()));
    let path = taken.name().path();
    let things: [&dyn Fn(); 4] = [
        &|| fs::write(&path, "a letter to somebody").unwrap(),
        &|| fs::create_dir(&path).unwrap(),
        &|| mkfifo(&path, Mode::S_IRWXU).unwrap(),
        &|| symlink("/nowhere", &path).unwrap(),
    ];
    for make in things {
        make();
        let mut client = Asking::new(&scratch.name()).unwrap();
        assert_eq!(client.call(3, patience()), Ok([3; 3]));
        drop(client);
        let still = fs::symlink_metadata(&path).unwrap();
        if still.is_dir() {
            fs::remove_dir(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
    running.kill().killed().expect("it serves");
}

#[test]
fn a_client_may_follow_one_whose_box_had_the_same_name() {
    let scratch = Scratch::new();
    let (mut running, client) = served(&scratch);
    drop(client);
    for question in 0..3 {
        let mut client = Asking::new(&scratch.name()).unwrap();
        assert_eq!(client.call(question, patience()), Ok([question; 3]));
    }
    running.kill().killed().expect("it serves");
}

#[test]
fn an_answer_to_a_client_before_is_not_taken() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut server = Answering::create(&name, Capacity::Bounded(4)).unwrap();
    let mut before = Asking::new(&name).unwrap();
    let given_up = before.call(1, soon());
    assert_eq!(given_up, Err(CallError::Unanswered));
    let box_before = reply_boxes(&name);
    drop(before);
    // Its box has the same name, and it is its first call as well.
    let mut client = Asking::new(&name).unwrap();
    assert_eq!(reply_boxes(&name), box_before);
    let asking = thread::spawn(move || client.call(2, patience()));
    for _ in 0..2 {
        let call = server.next(patience()).unwrap();
        let answer = [*call.question(); 3];
        server.answer(&call, answer).unwrap();
        // It has looked at the one before it finds the other.
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(asking.join().unwrap(), Ok([2; 3]));
}

/// The boxes of the clients of a server.
fn reply_boxes(server: &Name) -> Vec<Name> {
    let names = names_with(&format!("{server}.reply-"));
    assert!(!names.is_empty(), "nobody has one");
    names
}

/// The bytes of the ring of a reply box: two positions, and a slot.
const RING: usize = 3 * 128 + 256;

#[test]
fn who_breaks_its_box_does_not_stop_the_server() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut server = Answering::create(&name, Capacity::Bounded(4)).unwrap();
    let mut refused = Vec::new();
    for byte in [0x01, 0x55, 0x80, 0xff] {
        let mut client = Asking::new(&name).unwrap();
        assert_eq!(client.call(1, soon()), Err(CallError::Unanswered));
        let [broken] = reply_boxes(&name).try_into().unwrap();
        let file = File::options().write(true).open(broken.path()).unwrap();
        // Its ring lies at the end.
        let len = file.metadata().unwrap().len();
        file.write_all_at(&[byte; RING], len - RING as u64).unwrap();
        let call = server.next(patience()).unwrap();
        match server.answer(&call, [7; 3]) {
            Err(SendTimeoutError::Ended(error)) => {
                assert_eq!(error.message, [7; 3]);
                refused.push(Some(error.why));
            }
            Err(SendTimeoutError::TimedOut(answer)) => {
                assert_eq!(answer, [7; 3]);
                refused.push(None);
            }
            Ok(()) => panic!("it cannot be put there"),
        }
        drop(client);
        let _ = std::fs::remove_file(broken.path());
    }
    assert!(refused.contains(&Some(Ended::Corrupt)), "{refused:?}");
    // Others are served.
    let mut other = Asking::new(&name).unwrap();
    let asking = thread::spawn(move || other.call(2, patience()));
    let call = server.next(patience()).unwrap();
    server.answer(&call, [2; 3]).unwrap();
    assert_eq!(asking.join().unwrap(), Ok([2; 3]));
}
