//! `aqueduct clean`: removes what the dead have left, object by object.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::time::Duration;

use aqueduct::open::{Remains, State};
use aqueduct::place::header::Kind;
use aqueduct::shm::{Name, Object, OpenError};
use serde_json::{Value, json};

use super::args::Clean;
use super::failure::Failure;
use super::inspect::{print, print_json, table};
use super::progress::say;

/// Who holds a gate lets go of it within microseconds, unless stopped.
pub(super) const LIMIT: Duration = Duration::from_millis(100);

/// What became of an object, and why.
struct Outcome {
    name: Name,
    verdict: Verdict,
    reason: String,
    /// How much was sent and not received, if that is known.
    unread: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Removed,
    WouldRemove,
    Kept,
}

/// Looks at each object, and removes it if it may; goes on where one fails, and fails in the end.
pub(super) fn run(args: &Clean) -> Result<(), Failure> {
    let names = if args.names.is_empty() {
        aqueduct::shm::list().map_err(Failure::file("list", aqueduct::shm::FOLDER))?
    } else {
        args.names.clone()
    };
    let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
    for name in names {
        match clean(&name, args) {
            // It went by itself.
            Ok(None) => {}
            Ok(Some(outcome)) => outcomes.push(outcome),
            Err(failure) => failures.push(failure),
        }
    }
    let told = report(args, &outcomes);
    let mut failures = failures.into_iter();
    // The first one is told by the caller, and gives the exit code.
    let first = failures.next();
    for failure in failures {
        say(failure);
    }
    first.map_or(told, Err)
}

/// Looks at one object, and removes it if it may; `None` if there is none.
fn clean(name: &Name, args: &Clean) -> Result<Option<Outcome>, Failure> {
    let outcome = |verdict, reason, unread| {
        Some(Outcome {
            name: name.clone(),
            verdict,
            reason,
            unread,
        })
    };
    let object = match Object::open(name.clone(), args.owner.uid()) {
        Ok(object) => object,
        Err(OpenError::NotFound { .. }) => return Ok(None),
        Err(error) => {
            let reason = why_not_opened(error)?;
            return Ok(outcome(Verdict::Kept, reason, None));
        }
    };
    let remains = Remains::of(&object, LIMIT).map_err(Failure::file("look at", name.path()))?;
    Ok(match *remains.state() {
        State::Renamed => None,
        State::Dead {
            kind,
            unfinished,
            unread,
        } => {
            let verdict = match unfinished {
                Some(_) if args.keep_unfinished => Verdict::Kept,
                _ if args.dry_run => Verdict::WouldRemove,
                _ => Verdict::Removed,
            };
            let goes = || {
                remains
                    .remove()
                    .map_err(Failure::file("remove", name.path()))
            };
            if verdict == Verdict::Removed && !goes()? {
                return Ok(None);
            }
            let reason = why_dead(kind, unfinished, unread, verdict);
            outcome(verdict, reason, Some(unread))
        }
        State::Waiting { unread, .. } => {
            outcome(Verdict::Kept, why_kept(remains.state()), Some(unread))
        }
        ref state => outcome(Verdict::Kept, why_kept(state), None),
    })
}

/// What is known of an object that nobody is attached to, and what goes with it.
fn why_dead(kind: Kind, unfinished: Option<u64>, unread: u64, verdict: Verdict) -> String {
    let unit = unit(kind);
    let mut reason = String::from("nobody is attached");
    if let Some(position) = unfinished {
        let _ = write!(reason, "; its sender died at {unit} {position}");
        if verdict == Verdict::Kept {
            reason.push_str(", and it can be resumed");
        } else if unread > 0 {
            let _ = write!(reason, "; {unread} {unit}s sent and not received are lost");
        }
    }
    reason
}

/// Why something is none of ours to look at, or that this is an error.
fn why_not_opened(error: OpenError) -> Result<String, Failure> {
    Ok(match error {
        OpenError::Symlink { .. } => "a symbolic link".into(),
        OpenError::HardLink { count, .. } => format!("one of {count} names of a file"),
        OpenError::NotRegular { kind, .. } => format!("a {kind}"),
        OpenError::ForeignOwner { owner, .. } => format!("belongs to user {owner}"),
        OpenError::Permission { mode, .. } => format!("may not be opened: its mode is {mode:04o}"),
        OpenError::Io { source, .. } if source.kind() == ErrorKind::ExecutableFileBusy => {
            "a program that runs".into()
        }
        error => return Err(error.into()),
    })
}

/// Why an object is kept of which it is not certain that nobody uses it.
fn why_kept(state: &State) -> String {
    let reason = match *state {
        State::Gated => "in use: somebody attaches to it, or was stopped while doing so",
        State::Attached { sender, receiver } => match (sender, receiver) {
            (true, true) => "in use: its sender and its receiver are attached",
            (true, false) => "in use: its sender is attached",
            (false, true) => "in use: its receiver is attached",
            (false, false) => "in use: somebody holds a lock of it",
        },
        State::Waiting {
            kind: Kind::Mailbox,
            ..
        } => "a mailbox that waits for its next owner; `aqueduct remove` removes it",
        State::Waiting { kind, unread } => {
            return format!(
                "a whole stream was sent, and {unread} {}s wait for a receiver; \
                 `aqueduct remove` removes it",
                unit(kind)
            );
        }
        State::Unfit(ref error) if error.is_foreign() => {
            return format!("not an aqueduct object: {error}");
        }
        State::Unfit(ref error) => return format!("nothing is known of its users: {error}"),
        State::Corrupt {
            sent,
            received,
            capacity,
        } => {
            return format!(
                "corrupt: {sent} sent and {received} received cannot be, as it holds {capacity}; \
                 `aqueduct remove` removes it"
            );
        }
        _ => "this program does not know what it carries",
    };
    reason.into()
}

/// What positions count.
fn unit(kind: Kind) -> &'static str {
    match kind {
        Kind::Messages | Kind::Mailbox => "message",
        Kind::Bytes | Kind::Records | Kind::Pipe => "byte",
    }
}

/// Prints what was removed, and what was kept if that was asked for: by a word, or by a name.
fn report(args: &Clean, outcomes: &[Outcome]) -> Result<(), Failure> {
    if args.output.json {
        return print_json(&outcomes.iter().map(Outcome::json).collect());
    }
    let all = args.verbose || args.dry_run || !args.names.is_empty();
    let rows: Vec<_> = outcomes
        .iter()
        .filter(|outcome| all || outcome.verdict != Verdict::Kept)
        .map(Outcome::row)
        .collect();
    if rows.is_empty() {
        say("nothing to remove");
        return Ok(());
    }
    print(&table(&rows))
}

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::WouldRemove => "would remove",
            Self::Kept => "kept",
        }
    }
}

impl Outcome {
    fn row(&self) -> [String; 3] {
        [
            self.verdict.words().into(),
            self.name.to_string(),
            self.reason.clone(),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "name": format!("/{}", self.name.as_os_str().display()),
            "verdict": self.verdict.words(),
            "reason": self.reason,
            "unread": self.unread,
        })
    }
}
