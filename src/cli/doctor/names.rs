//! What lies in the folder of shared memory: of this user, of the dead, and of others.

use std::fs::{self, DirEntry};

use aqueduct::open::{Remains, State};
use aqueduct::shm::{FOLDER, Name, Object, OpenError, Uid};

use super::super::clean::LIMIT;
use super::Finding;

/// What lies under a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An object of this user.
    Own,
    /// One that nobody will ever use again.
    Dead,
    /// One that nobody can attach to.
    Damaged,
    /// What cannot be looked at.
    Closed,
    /// A file of somebody else, or for something else.
    Foreign,
    /// No file: a symbolic link, a FIFO, a folder.
    Odd,
}

pub(super) fn look() -> Vec<Finding> {
    let Ok(entries) = fs::read_dir(FOLDER) else {
        let advice = "let this user list it: `chmod 1777 /dev/shm`";
        return vec![Finding::warning("names", "they cannot be listed", advice)];
    };
    let kinds: Vec<_> = entries.filter_map(|entry| kind(&entry.ok()?)).collect();
    let count = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
    let [dead, damaged, closed, foreign, odd] = [
        Kind::Dead,
        Kind::Damaged,
        Kind::Closed,
        Kind::Foreign,
        Kind::Odd,
    ]
    .map(count);
    let own = count(Kind::Own) + dead + damaged;
    vec![
        stale(own, dead),
        unfit(damaged),
        others(foreign, odd, closed),
    ]
}

/// Nothing, if it went meanwhile.
fn kind(entry: &DirEntry) -> Option<Kind> {
    let Ok(name) = Name::parse(entry.file_name()) else {
        return Some(Kind::Foreign);
    };
    let object = match Object::open(name, Uid::effective()) {
        Ok(object) => object,
        Err(OpenError::NotFound { .. }) => return None,
        Err(OpenError::Symlink { .. } | OpenError::NotRegular { .. }) => return Some(Kind::Odd),
        Err(OpenError::ForeignOwner { .. }) => return Some(Kind::Foreign),
        Err(_) => return Some(Kind::Closed),
    };
    let Ok(remains) = Remains::of(&object, LIMIT) else {
        return Some(Kind::Closed);
    };
    Some(match remains.state() {
        State::Renamed => return None,
        State::Unfit(error) if error.is_foreign() => Kind::Foreign,
        State::Unfit(_) | State::Corrupt { .. } => Kind::Damaged,
        State::Dead { .. } => Kind::Dead,
        _ => Kind::Own,
    })
}

fn stale(own: usize, dead: usize) -> Finding {
    let found = format!("{own} of yours, {dead} of them left by the dead");
    if dead > 0 {
        let advice = "`aqueduct clean` removes what the dead have left";
        return Finding::warning("names", found, advice);
    }
    Finding::good("names", found)
}

fn unfit(damaged: usize) -> Finding {
    let found = format!("{damaged} of yours");
    if damaged > 0 {
        let advice = "nobody attaches to what is damaged, or of another version: `aqueduct clean --verbose` says \
                      which and why; end those who use it, and `aqueduct remove` it";
        return Finding::warning("damaged", found, advice);
    }
    Finding::good("damaged", found)
}

fn others(foreign: usize, odd: usize, closed: usize) -> Finding {
    let found = format!(
        "{foreign} files of others, {odd} things that are no files, {closed} that cannot be opened"
    );
    if odd > 0 {
        let advice = "nobody makes an object under the name of a symbolic link, a FIFO or a folder, and it may have been \
                      put there for that: look at `ls -l /dev/shm`, and what you do not know let its owner remove";
        return Finding::warning("foreign", found, advice);
    }
    Finding::good("foreign", found)
}
