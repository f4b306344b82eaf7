//! What is handed over and is not the memory that was promised.

use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::thread;

use aqueduct::link::Role;
use aqueduct::open::sealed::SealedError;
use aqueduct::place::header::Kind;
use aqueduct::shm::{Memfd, MemfdError, Name, Object, Seals};
use nix::fcntl::{FallocateFlags, FcntlArg, SealFlag, fallocate, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{Whence, lseek};

use super::liar::{
    ATTACHED, CAPACITY, FRONT, Liar, OFFER, TAKEN, length, memory, offer, receiver, reopened,
};
use super::refused::{accepted, offered, wrong};
use super::{options, pair};

/// What a receiver says to an honest offer that comes with this.
fn handed(descriptors: &[BorrowedFd<'_>]) -> SealedError {
    accepted(&options(), |liar| {
        liar.say(&receiver(), descriptors);
        assert_eq!(liar.rest(), b"refused\0");
    })
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
                expected: 6
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
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
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
    let honest = every[1] | every[2];
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
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).expect("it is new");
    let error = accepted(&options(), |liar| {
        let offer = offer::<u64>(Kind::Messages, capacity, Role::Receiver, 1);
        liar.say(&offer, &[file.as_fd()]);
    });
    assert!(matches!(wrong(error), MemfdError::Hole { found: 0, .. }));
}

/// Pages behind the end count as well, where none of what was promised is there.
#[test]
fn memory_behind_the_end() {
    let capacity = 1000;
    let len = length::<u64>(capacity);
    let file =
        File::from(memfd_create(c"behind", MFdFlags::MFD_ALLOW_SEALING).expect("there is memory"));
    file.set_len(len as u64).expect("no memory is needed");
    let signed = |bytes: usize| i64::try_from(bytes).expect("it is small");
    let (first, many) = (signed(len.next_multiple_of(4096)), signed(2 * len));
    fallocate(&file, FallocateFlags::FALLOC_FL_KEEP_SIZE, first, many).expect("there is memory");
    let length = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    let all = length | SealFlag::F_SEAL_FUTURE_WRITE | SealFlag::F_SEAL_SEAL;
    let [here, there] = pair();
    thread::scope(|scope| {
        scope.spawn(|| {
            let liar = Liar(there);
            let offer = offer::<u64>(Kind::Messages, capacity, Role::Receiver, 1);
            fcntl(&file, FcntlArg::F_ADD_SEALS(length)).expect("it is new");
            liar.say(&offer, &[file.as_fd()]);
            assert_eq!(liar.hear(8).0, TAKEN);
            fcntl(&file, FcntlArg::F_ADD_SEALS(all)).expect("it is not sealed yet");
            liar.say(ATTACHED, &[]);
            assert_eq!(liar.hear(8).0, ATTACHED);
        });
        let receiver = options().accept_receiver::<u64>(here);
        receiver.expect("there is memory for it");
    });
    let hole = lseek(&file, 0, Whence::SeekHole).expect("it is a file");
    assert!(hole >= signed(len), "the first hole is at {hole} of {len}");
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
    let path = format!("/proc/self/fd/{}", memory.as_fd().as_raw_fd());
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

/// What a maker says to a peer that has taken its memory, and done something to it before it says so.
fn taken(lie: impl FnOnce(&File) + Send) -> MemfdError {
    let error = offered(&options(), |liar| {
        let (_, descriptors) = liar.hear(OFFER);
        let memory = File::from(descriptors.into_iter().next().expect("its memory"));
        lie(&memory);
        liar.say(TAKEN, &[]);
        assert_eq!(liar.rest(), b"", "it is not attached");
    });
    wrong(error)
}

#[test]
fn memory_that_is_changed_before_it_is_sealed_for_good() {
    let error = taken(|memory| {
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        fallocate(memory, hole, 0, 4096).expect("it is not sealed yet");
    });
    assert!(matches!(error, MemfdError::Hole { .. }), "{error}");
    let error = taken(|memory| {
        fcntl(memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SEAL)).expect("it is not sealed yet");
    });
    assert!(matches!(error, MemfdError::Io { .. }), "{error}");
}

#[test]
fn memory_that_is_not_sealed_for_good() {
    for seals in [
        SealFlag::empty(),
        SealFlag::F_SEAL_SEAL,
        SealFlag::F_SEAL_FUTURE_WRITE,
    ] {
        let memory = memory::<u64>(CAPACITY);
        let error = accepted(&options(), |liar| {
            liar.say(&receiver(), &[memory.as_fd()]);
            assert_eq!(liar.hear(8).0, TAKEN);
            fcntl(&memory, FcntlArg::F_ADD_SEALS(seals)).expect("it is not sealed yet");
            liar.say(ATTACHED, &[]);
            liar.rest();
        });
        let error = wrong(error);
        assert!(
            matches!(error, MemfdError::Seals { expected: 0x17, .. }),
            "{error}"
        );
    }
}
