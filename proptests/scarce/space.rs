//! A folder of shared memory that is full, in a namespace of mounts of its own.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aqueduct::link::Ended;
use aqueduct::link::mailbox;
use aqueduct::open::{self, AttachError, Options};
use aqueduct::position::Capacity;
use aqueduct::shm::{CreateError, FOLDER, Name, Uid, list};

use super::{KINDS, all_is_well};
use crate::running::Running;
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};

/// As containers have it, and next to nothing.
const SIZES: [&str; 2] = ["size=64m", "size=20m"];
/// Room for few files, and for a lot in each.
const FEW_FILES: &str = "nr_inodes=24";

/// In a helper, whose folder has so much room: uses all of it.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn fills_the_folder() {
    let Some(base) = name_for_helper() else {
        return;
    };
    assert_eq!(list().expect("the folder"), [], "it is its own");
    all_is_well();

    // A mailbox of any number takes what there is, and loses nothing of it.
    let name = suffixed(&base, "mailbox");
    let options = open::mailbox::Options::new().capacity(mailbox::Capacity::Unbounded);
    let post = options.create::<[u64; 512]>(&name).expect("there is room");
    let (sender, receiver) = (post.sender(), post.receiver());
    let mut sent = 0;
    let why = loop {
        match sender.send([sent; 512]) {
            Ok(()) => sent += 1,
            Err(error) => break error.why,
        }
    };
    assert_eq!(why, Ended::NoMemory);
    assert!(sent > 1_000, "{sent}");

    let filler = Filler::new();
    nothing_else_fits(&base);
    drop(filler);

    for message in 0..sent {
        assert_eq!(receiver.try_recv().map(|message| message[0]), Ok(message));
    }
    sender.send([sent; 512]).expect("there is room again");
    assert_eq!(receiver.recv().map(|message| message[0]), Ok(sent));
    drop((post, sender, receiver));
    all_is_well();

    // One that is attached goes on when there is no room any more.
    let name = suffixed(&base, "link");
    let mut sender = Options::new().sender::<u64>(&name).expect("there is room");
    let mut receiver = Options::new()
        .receiver::<u64>(&name)
        .expect("there is room");
    let _filler = Filler::new();
    let capacity = sender_capacity();
    for message in 0..capacity {
        sender.try_send(message).expect("its memory is its own");
    }
    for message in 0..capacity {
        assert_eq!(receiver.recv(), Ok(message));
    }
    let too_much = Options::new().capacity(Capacity::new(1 << 24).expect("a capacity"));
    let error = too_much.sender::<u64>(&suffixed(&base, "large")).err();
    assert!(
        matches!(
            error,
            Some(AttachError::Create(CreateError::NoSpace { .. }))
        ),
        "{error:?}"
    );
}

/// In a helper, whose folder has room for so many files: makes all of them.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn makes_all_files() {
    let Some(base) = name_for_helper() else {
        return;
    };
    all_is_well();
    let name = suffixed(&base, "standing");
    let options = open::mailbox::Options::new().capacity(mailbox::Capacity::Unbounded);
    let post = options.create::<u64>(&name).expect("there is room");

    let files = (0..).map(|number| Path::new(FOLDER).join(number.to_string()));
    let made: Vec<_> = files
        .take_while(|path| File::create(path).is_ok())
        .collect();
    assert!(made.len() > 10, "{}", made.len());
    nothing_fits(&base, "No space left on device");
    // One that is attached goes on, and another one comes to it.
    let other = options.open::<u64>(&name).expect("it is no new file");
    for message in 0..10_000 {
        other.sender().send(message).expect("there is memory");
    }
    for message in 0..10_000 {
        assert_eq!(post.receiver().recv(), Ok(message));
    }

    for path in made {
        fs::remove_file(path).expect("it is there");
    }
    drop((post, other));
    all_is_well();
}

/// A file that takes what is left of the folder.
struct Filler(PathBuf);

impl Filler {
    fn new() -> Self {
        let path = Path::new(FOLDER).join("filler");
        let mut file = File::create(&path).expect("there is room for a name");
        while file.write(&[1; 4096]).is_ok_and(|count| count > 0) {}
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        fs::remove_file(&self.0).expect("it is there");
    }
}

/// There is no room for anything, and it is said how much.
fn nothing_else_fits(base: &Name) {
    nothing_fits(base, "no space for");
    let error = Options::new().sender::<u64>(&suffixed(base, "link")).err();
    let Some(AttachError::Create(CreateError::NoSpace {
        wanted, available, ..
    })) = error
    else {
        panic!("{error:?}");
    };
    assert!(available < wanted, "{available} of {wanted}");
}

/// There is no room for anything, which is told in these words, and nothing is left of what was tried.
fn nothing_fits(base: &Name, words: &str) {
    for (number, (kind, attempt)) in (0..).zip(KINDS) {
        let name = suffixed(base, &format!("{number}"));
        match attempt(&name) {
            // A pipe of the kernel and sealed memory lie elsewhere.
            Ok(()) => assert!(kind.contains("kernel") || kind.contains("sealed"), "{kind}"),
            Err(error) => assert!(error.contains(words), "{kind}: {error}"),
        }
        assert!(!name.path().exists(), "{kind} is left");
    }
}

/// What a link holds if nothing is said: a mebibyte.
fn sender_capacity() -> u64 {
    (1 << 20) / 8
}

/// A program in a namespace of mounts of its own.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    if !Uid::effective().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--mount");
    command
}

#[test]
fn with_a_full_folder() {
    for size in SIZES {
        in_a_folder(size, "scarce::space::fills_the_folder");
    }
}

#[test]
fn with_no_more_files() {
    in_a_folder(FEW_FILES, "scarce::space::makes_all_files");
}

/// Runs a helper whose folder of shared memory is mounted so.
fn in_a_folder(options: &str, of: &str) {
    let scratch = Scratch::new();
    let inner = helper(of, &scratch.name());
    let script = format!("mount -t tmpfs -o {options} tmpfs {FOLDER}; exec \"$@\"");
    let mut command = unshare();
    command.args(["sh", "-e", "-c", &script, "sh"]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (variable, value) in inner.get_envs() {
        command.env(variable, value.expect("it is set"));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    if !unshare()
        .arg("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        eprintln!("not tried: this user may not mount anything");
        return;
    }
    Running::start(&mut command).wait().expect(0);
}
