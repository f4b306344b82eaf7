//! What is said or handed over in the wrong way is refused, with an error that says what was wrong; and
//! every descriptor that came along is closed.

use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use aqueduct::link::Role;
use aqueduct::open::sealed::{Options, SealedError};
use aqueduct::place::header::{HeaderError, Kind};
use aqueduct::position::Capacity;
use aqueduct::shm::{HandOverError, Memfd, MemfdError, Name, Object, Seals};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::liar::{
    ATTACHED, FRONT, Liar, OFFER, TAKEN, descriptors, length, memory, offer, reopened,
};
use super::{options, pair};
use crate::running::until;

/// How many messages the links here hold.
const CAPACITY: usize = 4;

/// One test at a time counts the descriptors of this process. The others of this program open some, too,
/// so a leak is one that stays.
static COUNTING: Mutex<()> = Mutex::new(());

/// What a receiver says to what the liar does at the other end.
fn accepted(options: &Options, lie: impl FnOnce(Liar) + Send) -> SealedError {
    let [here, there] = pair();
    thread::scope(|scope| {
        let lying = scope.spawn(move || lie(Liar(there)));
        let outcome = options.accept_receiver::<u64>(here);
        lying.join().expect("it does not panic");
        outcome.err().expect("this is not to be accepted")
    })
}

/// The same of one that makes the link, and offers its receiver.
fn offered(options: &Options, lie: impl FnOnce(Liar) + Send) -> SealedError {
    let [here, there] = pair();
    thread::scope(|scope| {
        let lying = scope.spawn(move || lie(Liar(there)));
        let outcome = options.offer_receiver::<u64>(here);
        lying.join().expect("it does not panic");
        outcome.err().expect("this is not to be accepted")
    })
}

/// What a receiver says to an honest offer that comes with this.
fn handed(descriptors: &[BorrowedFd<'_>]) -> SealedError {
    accepted(&options(), |liar| {
        liar.say(&receiver(), descriptors);
        assert_eq!(liar.rest(), b"refused\0");
    })
}

/// An honest offer of a receiver.
fn receiver() -> [u8; OFFER] {
    offer::<u64>(Kind::Messages, CAPACITY, Role::Receiver, 1)
}

/// The error of what was handed over.
fn wrong(error: SealedError) -> MemfdError {
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
    let memory = memory::<u64>(CAPACITY);
    thread::scope(|scope| {
        scope.spawn(|| {
            let liar = Liar(there);
            liar.say(&receiver(), &[memory.as_fd()]);
            assert_eq!(liar.hear(8).0, TAKEN);
            liar.say(ATTACHED, &[]);
            assert_eq!(liar.hear(8).0, ATTACHED);
        });
        options()
            .accept_receiver::<u64>(here)
            .expect("it is honest");
    });
}

#[test]
fn other_things_than_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let [socket, _other] = pair();
    let things: [OwnedFd; 7] = [
        File::open("/dev/null").expect("it is there").into(),
        File::open("/dev/zero").expect("it is there").into(),
        File::open(folder.path()).expect("it is there").into(),
        tempfile::tempfile().expect("a file").into(),
        reader.into(),
        writer.into(),
        socket.into(),
    ];
    for thing in &things {
        let error = wrong(handed(&[thing.as_fd()]));
        let known = matches!(
            error,
            MemfdError::NotMemory { .. } | MemfdError::Seals { found: 0 | 1, .. }
        );
        assert!(known, "{error}");
    }
    // An object that has a name cannot be sealed: F_SEAL_SEAL alone.
    let name = Name::parse("aqueduct-test-unnamed").expect("a good name");
    let object = Object::unnamed(name, length::<u64>(CAPACITY), 0o600).expect("an object");
    let error = wrong(handed(&[object.as_fd()]));
    assert!(
        matches!(
            error,
            MemfdError::Seals {
                found: 1,
                expected: 7
            }
        ),
        "{error}"
    );
}

#[test]
fn memory_with_huge_pages() {
    let flags = MFdFlags::MFD_ALLOW_SEALING | MFdFlags::MFD_HUGETLB;
    let Ok(huge) = memfd_create(c"huge", flags) else {
        eprintln!("not tried: this kernel has no huge pages");
        return;
    };
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    fcntl(&huge, FcntlArg::F_ADD_SEALS(seals)).expect("it is new");
    let error = wrong(handed(&[huge.as_fd()]));
    assert!(
        matches!(error, MemfdError::NotMemory { found: 0x9584_58f6 }),
        "{error}"
    );
}

#[test]
fn each_seal_that_is_missing_and_each_that_is_too_much() {
    let every = [
        SealFlag::F_SEAL_SEAL,
        SealFlag::F_SEAL_SHRINK,
        SealFlag::F_SEAL_GROW,
        SealFlag::F_SEAL_WRITE,
        SealFlag::F_SEAL_FUTURE_WRITE,
    ];
    let honest = every[0] | every[1] | every[2];
    for subset in 0_u32..32 {
        let chosen = every
            .iter()
            .enumerate()
            .filter(|(bit, _)| subset >> bit & 1 == 1);
        let seals: SealFlag = chosen.map(|(_, &seal)| seal).collect();
        if seals == honest {
            continue;
        }
        let memory = Memfd::create(length::<u64>(CAPACITY)).expect("there is memory");
        fcntl(&memory, FcntlArg::F_ADD_SEALS(seals)).expect("it is new");
        let error = wrong(handed(&[memory.as_fd()]));
        let MemfdError::Seals { found, expected } = error else {
            panic!("{error}");
        };
        // One that nobody may execute has that seal more.
        assert_eq!((found & 31, expected), (seals.bits(), honest.bits()));
    }
}

#[test]
fn memory_of_another_length() {
    for len in [
        1,
        FRONT,
        length::<u64>(CAPACITY) - 1,
        length::<u64>(CAPACITY) + 1,
        1 << 20,
    ] {
        let memory = Memfd::create(len).expect("there is memory");
        memory.seal(Seals::Length).expect("it is new");
        let error = wrong(handed(&[memory.as_fd()]));
        let expected = length::<u64>(CAPACITY) as u64;
        let MemfdError::Length {
            found,
            expected: promised,
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((found, promised), (len as u64, expected));
    }
}

#[test]
fn memory_with_a_hole() {
    let capacity = 1000;
    let file =
        File::from(memfd_create(c"hole", MFdFlags::MFD_ALLOW_SEALING).expect("there is memory"));
    file.set_len(length::<u64>(capacity) as u64)
        .expect("no memory is needed");
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).expect("it is new");
    let error = accepted(&options(), |liar| {
        let offer = offer::<u64>(Kind::Messages, capacity, Role::Receiver, 1);
        liar.say(&offer, &[file.as_fd()]);
    });
    assert!(matches!(wrong(error), MemfdError::Hole { found: 0, .. }));
}

#[test]
fn memory_that_is_open_for_something_else() {
    let memory = memory::<u64>(CAPACITY);
    let error = wrong(handed(&[reopened(&memory, false).as_fd()]));
    assert!(
        matches!(
            error,
            MemfdError::Access {
                found: "reading alone"
            }
        ),
        "{error}"
    );
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    let to_write = File::options().write(true).open(path).expect("it is ours");
    let error = wrong(handed(&[to_write.as_fd()]));
    assert!(
        matches!(
            error,
            MemfdError::Access {
                found: "writing alone"
            }
        ),
        "{error}"
    );
}

#[test]
fn memory_that_was_used_before() {
    let memory = memory::<u64>(CAPACITY);
    let sent = FRONT + 512;
    let written = reopened(&memory, true).write_all_at(&3_u64.to_ne_bytes(), sent as u64);
    written.expect("it is ours");
    let error = handed(&[memory.as_fd()]);
    assert!(
        matches!(
            error,
            SealedError::Used {
                sent: 3,
                received: 0
            }
        ),
        "{error}"
    );
}

#[test]
fn too_many_descriptors_and_too_few() {
    let _alone = COUNTING.lock();
    let one = memory::<u64>(CAPACITY);
    for count in [0, 2, 3, 4, 5, 30, 253] {
        let many = vec![one.as_fd(); count];
        let before = descriptors();
        let error = accepted(&options(), |liar| {
            liar.say(&receiver(), &many);
            liar.rest();
        });
        let SealedError::HandOver(HandOverError::Descriptors { found, expected }) = error else {
            panic!("{count}: {error}");
        };
        assert_ne!(found, expected, "{count}");
        // Those of other tests come and go.
        until("the descriptors are closed", || {
            (descriptors() <= before).then_some(())
        });
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
        (24, &[1], |error| {
            matches!(error, HeaderError::Message { .. })
        }),
        (72, &[1], |error| {
            matches!(error, HeaderError::Layout { field: "size", .. })
        }),
        (104, &[1], |error| {
            matches!(error, HeaderError::Reserved { .. })
        }),
        (128, &[9], |error| {
            matches!(error, HeaderError::Layout { field: "role", .. })
        }),
        (64, &[9], |error| matches!(error, HeaderError::Twice { .. })),
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
    let error = answer(&options().most(900), Role::Receiver, 1);
    assert!(
        matches!(error, SealedError::TooLarge { most: 900, .. }),
        "{error}"
    );
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
    let error = offered(&options(), |liar| liar.say(b"whatever", &[]));
    let SealedError::HandOver(HandOverError::Garbled { found, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(&found, b"whatever");
    let error = offered(&options(), |liar| liar.say(b"refused\0", &[]));
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
