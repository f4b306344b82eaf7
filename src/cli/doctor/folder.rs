//! The folder of shared memory, and whether links can be made in it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process;

use aqueduct::open::Options;
use aqueduct::position::Capacity;
use aqueduct::shm::{FOLDER, Name, Object};
use indicatif::BinaryBytes;
use nix::sys::statfs::{Statfs, TMPFS_MAGIC, statfs};
use nix::sys::statvfs::{FsFlags, statvfs};

use super::super::clean::LIMIT;
use super::Finding;

/// What containers have that are given nothing else.
const SMALL: u64 = 64 << 20;
/// With less than this nobody makes a link of the usual size.
const FULL: u64 = 2 << 20;

pub(super) fn look() -> Vec<Finding> {
    let Ok(folder) = statfs(FOLDER) else {
        let advice = "make it: `mkdir /dev/shm && mount -t tmpfs tmpfs /dev/shm`";
        return vec![Finding::bad("folder", "there is no /dev/shm", advice)];
    };
    vec![
        memory(&folder),
        doors(),
        room(&folder),
        unnamed(),
        object(),
        link(),
    ]
}

/// Whether it lies in memory, and can be written.
fn memory(folder: &Statfs) -> Finding {
    let read_only = statvfs(FOLDER).is_ok_and(|at| at.flags().contains(FsFlags::ST_RDONLY));
    if read_only {
        let advice = "let it be written: `mount -o remount,rw /dev/shm`";
        return Finding::bad("folder", "/dev/shm can only be read", advice);
    }
    if folder.filesystem_type() != TMPFS_MAGIC {
        let advice = "links work there, and may be written to a disk: \
                      `mount -t tmpfs tmpfs /dev/shm`";
        return Finding::warning("folder", "/dev/shm is no tmpfs", advice);
    }
    Finding::good("folder", "/dev/shm is a tmpfs")
}

/// Whether others may remove the names of this user.
fn doors() -> Finding {
    let mode = fs::metadata(FOLDER).map_or(0, |folder| folder.mode() & 0o7777);
    let found = format!("mode {mode:04o}");
    if mode & 0o002 != 0 && mode & 0o1000 == 0 {
        let advice = "anybody may remove the names of others: `chmod 1777 /dev/shm`";
        return Finding::warning("doors", found, advice);
    }
    Finding::good("doors", found)
}

/// How much fits in.
fn room(folder: &Statfs) -> Finding {
    let block = u64::try_from(folder.block_size()).unwrap_or(0);
    let [all, free] =
        [folder.blocks(), folder.blocks_available()].map(|blocks| blocks.saturating_mul(block));
    let found = format!("{} of {} are free", BinaryBytes(free), BinaryBytes(all));
    // A tmpfs without a limit says that it has no blocks at all.
    if all == 0 {
        return Finding::good("room", "as much as there is memory");
    }
    if free < FULL || folder.files() > 0 && folder.files_free() == 0 {
        let advice = "make room: `aqueduct clean`, then look at `ls -l /dev/shm`; \
                      or give it more, `mount -o remount,size=1G /dev/shm`";
        return Finding::bad("room", found, advice);
    }
    if all <= SMALL {
        let advice = "large links, and unbounded mailboxes, soon fill it: \
                      `mount -o remount,size=1G /dev/shm`, of a container `--shm-size=1g`";
        return Finding::warning("room", found, advice);
    }
    Finding::good("room", found)
}

/// Whether a file can be made that has no name yet (`O_TMPFILE`).
fn unnamed() -> Finding {
    let made = own_name().and_then(|name| {
        let object = Object::unnamed(name, 1, 0o600);
        object.map_err(|error| error.to_string())
    });
    match made {
        Ok(_) => Finding::good("unnamed", "files without a name can be made"),
        Err(why) => {
            let advice = "an object is whole before it has a name: use a tmpfs, which has `O_TMPFILE`, \
                          `mount -t tmpfs tmpfs /dev/shm`; or make room in it, or let files be so large \
                          (`ulimit -f`) and so many (`ulimit -n`)";
            Finding::bad("unnamed", why, advice)
        }
    }
}

/// Whether an object can be made: unnamed, with memory, mapped, and then named; and locked and removed.
fn object() -> Finding {
    let advice = "links need a folder that has files without a name, and a mounted /proc; \
                  see the reason above";
    match try_object() {
        Ok(()) => Finding::good("object", "made, named, locked and removed"),
        Err(why) => Finding::bad("object", why, advice),
    }
}

fn try_object() -> Result<(), String> {
    let object =
        Object::create(own_name()?, 4096, 0o600, |_| ()).map_err(|error| error.to_string())?;
    let gate = object.lock_gate_within(Some(LIMIT));
    let removed = gate.and_then(|gate| gate.unlink_if_ours());
    removed.map(drop).map_err(|error| error.to_string())
}

/// Whether a message passes through a link, as everybody makes one.
fn link() -> Finding {
    let advice = "see the reason above; if it has none: a link with both its ends takes some ten descriptors, \
                  three threads, and 20 KiB";
    match try_link() {
        Ok(()) => Finding::good("link", "attached, and a message passed through it"),
        Err(why) => Finding::bad("link", why, advice),
    }
}

fn try_link() -> Result<(), String> {
    let name = own_name()?;
    let one = Capacity::new(1).map_err(|error| error.to_string())?;
    let options = Options::new().capacity(one).timeout(Some(LIMIT));
    let receiver = options.receiver::<u64>(&name);
    let mut receiver = receiver.map_err(|error| error.to_string())?;
    let passed = options
        .sender::<u64>(&name)
        .map_err(|error| error.to_string());
    let passed = passed.and_then(|mut sender| {
        let sent = sender.try_send(7).map_err(|error| error.to_string());
        sent.and_then(|()| receiver.try_recv().map_err(|error| error.to_string()))
    });
    // An end that is dropped leaves the name.
    let removed = receiver.end().remove_name();
    match passed? {
        7 => removed.map(drop).map_err(|error| error.to_string()),
        other => Err(format!("7 was sent, and {other} received")),
    }
}

fn own_name() -> Result<Name, String> {
    let name = Name::parse(format!("aqueduct-doctor-{}", process::id()));
    name.map_err(|error| error.to_string())
}
