//! What is said or handed over in the wrong way is refused, with an error that says what was wrong; and
//! every descriptor that came along is closed.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::link::Role;
use aqueduct::open::sealed::{Options, SealedError};
use aqueduct::place::header::{HeaderError, Kind};
use aqueduct::position::Capacity;
use aqueduct::shm::{HandOverError, MemfdError};

use super::liar::{ATTACHED, CAPACITY, Liar, OFFER, TAKEN, length, memory, offer, receiver};
use super::{options, pair};
use crate::running::{LONG, Running, descriptors, threads, until};

/// What a receiver says to what the liar does at the other end.
pub fn accepted(options: &Options, lie: impl FnOnce(Liar) + Send) -> SealedError {
    refused(|here| options.accept_receiver::<u64>(here).err(), lie)
}

/// The same of one that makes the link, and offers its receiver.
pub fn offered(options: &Options, lie: impl FnOnce(Liar) + Send) -> SealedError {
    refused(|here| options.offer_receiver::<u64>(here).err(), lie)
}

fn refused(
    attach: impl FnOnce(UnixStream) -> Option<SealedError>,
    lie: impl FnOnce(Liar) + Send,
) -> SealedError {
    let before = (descriptors(), threads());
    let [here, there] = pair();
    let error = thread::scope(|scope| {
        let lying = scope.spawn(move || lie(Liar(there)));
        let error = attach(here);
        lying.join().expect("it does not panic");
        error.expect("this is not to be accepted")
    });
    if alone() {
        until("the end of what was opened and started", || {
            // What the liar was given goes with it.
            let after = (descriptors(), threads());
            (after.0 <= before.0 && after.1 <= before.1).then_some(())
        });
    }
    error
}

/// Whether this is a helper, in which nobody else opens or starts anything meanwhile.
fn alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

const ALONE: &str = "AQUEDUCT_TEST_ALONE";

#[test]
fn nothing_stays_open_after_any_refusal() {
    if alone() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().expect("the test program's path"));
    command.args(["sealed::refused", "sealed::objects"]);
    command.args(["--test-threads", "1", "--nocapture"]);
    command.env(ALONE, "1").stdout(Stdio::null());
    Running::start(&mut command).wait().expect(0);
}

/// The error of what was handed over.
pub fn wrong(error: SealedError) -> MemfdError {
    match error {
        SealedError::HandOver(HandOverError::Memory(error)) => error,
        other => panic!("{other}"),
    }
}

/// An honest offer of which some bytes are others.
fn changed(at: usize, bytes: &[u8]) -> SealedError {
    let memory = memory::<u64>(CAPACITY);
    accepted(&options(), |liar| {
        let mut offer = receiver();
        offer[at..at + bytes.len()].copy_from_slice(bytes);
        liar.say(&offer, &[memory.as_fd()]);
        assert_eq!(liar.rest(), b"refused\0");
    })
}

#[test]
fn an_honest_offer_is_accepted() {
    // Else the others would prove nothing.
    let [here, there] = pair();
    let liar = Liar(there);
    liar.honest(|| options().accept_receiver::<u64>(here));
}

#[test]
fn too_many_descriptors_and_too_few() {
    let one = memory::<u64>(CAPACITY);
    for count in [0, 2, 3, 4, 5, 30, 253] {
        let many = vec![one.as_fd(); count];
        let error = accepted(&options(), |liar| {
            liar.say(&receiver(), &many);
            liar.rest();
        });
        let SealedError::HandOver(HandOverError::Descriptors { found, expected }) = error else {
            panic!("{count}: {error}");
        };
        assert_eq!((found, expected), (count, if count > 2 { 2 } else { 1 }));
    }
    // With the answer to an offer none comes.
    let error = offered(&options(), |liar| {
        liar.hear(OFFER);
        liar.say(TAKEN, &[one.as_fd()]);
        liar.rest();
    });
    let SealedError::HandOver(HandOverError::Descriptors {
        found: 1,
        expected: 0,
    }) = error
    else {
        panic!("{error}");
    };
}

#[test]
fn each_field_of_an_offer() {
    type Field = (usize, &'static [u8], fn(&HeaderError) -> bool);
    let fields: [Field; 9] = [
        (0, b"x", |error| matches!(error, HeaderError::Magic { .. })),
        (8, &[99], |error| {
            matches!(error, HeaderError::Version { .. })
        }),
        (12, &[1, 2, 3, 4], |error| {
            matches!(error, HeaderError::Endian { .. })
        }),
        (16, &[1], |error| matches!(error, HeaderError::Kind { .. })),
        (24, &[9], |error| matches!(error, HeaderError::Twice { .. })),
        (32, &[1], |error| {
            matches!(error, HeaderError::Layout { field: "size", .. })
        }),
        (64, &[1], |error| matches!(error, HeaderError::Sum { .. })),
        (88, b"x", |error| matches!(error, HeaderError::Sum { .. })),
        (1024, &[9], |error| {
            matches!(error, HeaderError::Layout { field: "role", .. })
        }),
    ];
    for (at, bytes, known) in fields {
        match changed(at, bytes) {
            SealedError::Mismatch(error) if known(&error) => {}
            other => panic!("byte {at}: {other}"),
        }
    }
    let error = accepted(&options(), |liar| {
        liar.say(
            &offer::<u64>(Kind::Messages, CAPACITY, Role::Receiver, 0),
            &[],
        );
        liar.rest();
    });
    let objects = matches!(
        error,
        SealedError::Mismatch(HeaderError::Layout {
            field: "objects",
            ..
        })
    );
    assert!(objects, "{error}");
}

#[test]
fn another_end_another_capacity_and_more_memory_than_may_be() {
    let memory = memory::<u64>(CAPACITY);
    let answer = |options: &Options, role, objects: u32| {
        accepted(options, |liar| {
            let handed = vec![memory.as_fd(); objects as usize];
            liar.say(
                &offer::<u64>(Kind::Messages, CAPACITY, role, objects),
                &handed,
            );
            assert_eq!(liar.rest(), b"refused\0");
        })
    };
    let error = answer(&options(), Role::Sender, 1);
    assert!(
        matches!(
            error,
            SealedError::Role {
                offered: Role::Sender,
                ..
            }
        ),
        "{error}"
    );
    let other = options().capacity(Capacity::new(5).expect("a capacity"));
    let error = answer(&other, Role::Receiver, 1);
    assert!(
        matches!(
            error,
            SealedError::Capacity {
                found: 4,
                expected: 5
            }
        ),
        "{error}"
    );
    let error = answer(&options().max_bytes(900), Role::Receiver, 1);
    assert!(
        matches!(error, SealedError::TooLarge { most: 900, .. }),
        "{error}"
    );
    // Two objects take whole pages.
    let one = length::<u64>(CAPACITY);
    let error = answer(&options().max_bytes(one), Role::Receiver, 2);
    let SealedError::TooLarge { found, most } = error else {
        panic!("{error}");
    };
    assert!(found > most && most == one as u64);
    // Its messages are to lie in an object whose contents are sealed, too.
    let error = answer(&options(), Role::Receiver, 2);
    assert!(matches!(wrong(error), MemfdError::Length { .. }));

    let [here, there] = pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let liar = Liar(there);
            let memory = super::liar::memory::<u64>(CAPACITY);
            let both = [memory.as_fd(); 2];
            liar.say(
                &offer::<u64>(Kind::Messages, CAPACITY, Role::Sender, 2),
                &both,
            );
            liar.rest();
        });
        let error = options()
            .accept_sender::<u64>(here)
            .err()
            .expect("it cannot write");
        assert!(matches!(error, SealedError::ReadOnlySender), "{error}");
    });
    let [here, _there] = pair();
    let error = options().read_only().offer_sender::<u64>(here).err();
    assert!(
        matches!(error, Some(SealedError::ReadOnlySender)),
        "{error:?}"
    );
}

#[test]
fn who_hangs_up_after_so_many_bytes() {
    for count in (0..OFFER).step_by(17) {
        let error = accepted(&options(), |liar| liar.say(&receiver()[..count], &[]));
        assert!(
            matches!(error, SealedError::HandOver(HandOverError::HungUp)),
            "{count}: {error}"
        );
        let error = offered(&options(), |liar| {
            liar.hear(OFFER);
            liar.say(&TAKEN[..count % 8], &[]);
        });
        assert!(
            matches!(error, SealedError::HandOver(HandOverError::HungUp)),
            "{count}: {error}"
        );
    }
}

#[test]
fn who_says_nothing_or_half_of_it() {
    let soon = options().timeout(Duration::from_millis(30));
    for count in [0, 1, 135] {
        let error = accepted(&soon, |liar| {
            liar.say(&receiver()[..count], &[]);
            liar.rest();
        });
        assert!(
            matches!(error, SealedError::HandOver(HandOverError::TimedOut)),
            "{count}: {error}"
        );
    }
    let error = offered(&soon, |liar| {
        liar.rest();
    });
    assert!(
        matches!(error, SealedError::HandOver(HandOverError::TimedOut)),
        "{error}"
    );
}

#[test]
fn who_says_something_else_or_no() {
    let error = offered(&options(), |liar| {
        liar.hear(OFFER);
        liar.say(b"whatever", &[]);
    });
    let SealedError::HandOver(HandOverError::Garbled { found, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(&found, b"whatever");
    let error = offered(&options(), |liar| {
        liar.hear(OFFER);
        liar.say(b"refused\0", &[]);
    });
    assert!(
        matches!(error, SealedError::HandOver(HandOverError::Refused)),
        "{error}"
    );
}

#[test]
fn another_process_that_goes_on_speaking() {
    let memory = memory::<u64>(CAPACITY);
    let error = accepted(&options(), |liar| {
        liar.say(&receiver(), &[memory.as_fd()]);
        assert_eq!(liar.hear(8).0, TAKEN);
        let socket = OwnedFd::from(liar.0.try_clone().expect("a second descriptor"));
        let said = Command::new("printf")
            .arg("attached")
            .stdout(Stdio::from(socket))
            .status();
        assert!(said.expect("there is printf").success());
    });
    let SealedError::HandOver(HandOverError::Process { found, expected }) = error else {
        panic!("{error}");
    };
    assert_eq!(expected, std::process::id().cast_signed());
    assert_ne!(found, expected);
}

#[test]
fn descriptors_in_several_parts_and_with_words() {
    let memory = memory::<u64>(CAPACITY);
    let some = [memory.as_fd()];
    let found = |error| match error {
        SealedError::HandOver(HandOverError::Descriptors { found, .. }) => found,
        other => panic!("{other}"),
    };
    let error = accepted(&options(), |liar| {
        liar.say(&receiver()[..50], &some);
        liar.say(&receiver()[50..100], &some);
        liar.say(&receiver()[100..], &some);
        liar.rest();
    });
    assert_eq!(found(error), 3);
    let error = accepted(&options(), |liar| {
        liar.say(&receiver(), &some);
        assert_eq!(liar.hear(8).0, TAKEN);
        liar.say(ATTACHED, &some);
        liar.rest();
    });
    assert_eq!(found(error), 1);
}

#[test]
fn a_byte_now_and_then_does_not_move_the_deadline() {
    let soon = options().timeout(Duration::from_millis(100));
    let begun = Instant::now();
    let error = accepted(&soon, |liar| {
        for byte in receiver().chunks(1).take(40) {
            liar.say(byte, &[]);
            thread::sleep(Duration::from_millis(10));
        }
    });
    let timed_out = matches!(error, SealedError::HandOver(HandOverError::TimedOut));
    assert!(timed_out, "{error}");
    assert!(begun.elapsed() < LONG);
}
