//! `aqueduct list`, `show` and `remove`: what lies in shared memory.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;

use aqueduct::life::Presence;
use aqueduct::link::mailbox::{Capacity, Succession, Tenancy};
use aqueduct::open::{self, SeatStatus, Status, mailbox, pipe, read_header};
use aqueduct::place::header::{Header, HeaderError, Kind, VERSION};
use aqueduct::questions::Answers;
use aqueduct::shm::{Name, Object, Uid};
use nix::unistd::User;
use serde_json::{Value, json};

use super::args::{Output, Owner};
use super::failure::Failure;
use super::progress::say;
use super::streams::output_must_be_open;

/// An object of ours, and what it says of itself, if it can be read.
struct Found {
    name: Name,
    bytes: u64,
    mode: u32,
    owner: Uid,
    status: Result<Kept, HeaderError>,
}

/// What it carries.
enum Kept {
    Link(Status),
    Mailbox(Header, mailbox::Status),
    Pipe(Header, pipe::Status),
}

/// Lists all objects of ours that this user may open.
pub(super) fn list(output: Output) -> Result<(), Failure> {
    let names = aqueduct::shm::list().map_err(Failure::file("list", aqueduct::shm::FOLDER))?;
    // What cannot be opened, or goes in between, is not listed.
    let found: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            let owner = std::fs::symlink_metadata(name.path()).ok()?.uid();
            look(name, Uid::from_raw(owner)).ok()
        })
        .collect();
    if output.json {
        return print_json(&found.iter().map(Found::json).collect());
    }
    if found.is_empty() {
        say("no objects; `aqueduct send NAME` makes one");
        return Ok(());
    }
    let head = [
        "NAME", "KIND", "CAPACITY", "SENT", "RECEIVED", "SENDER", "RECEIVER",
    ];
    let rows = found.iter().map(Found::row);
    let rows: Vec<_> = std::iter::once(head.map(String::from))
        .chain(rows)
        .collect();
    print(&table(&rows))
}

/// Shows one object.
pub(super) fn show(name: Name, owner: Owner, output: Output) -> Result<(), Failure> {
    let found = look(name, owner.uid())?;
    if output.json {
        return print_json(&found.json());
    }
    print(&found.block())
}

/// Removes one object that nobody uses.
pub(super) fn remove(name: Name, owner: Owner) -> Result<(), Failure> {
    let object = Object::open(name, owner.uid())?;
    open::remove(&object)?;
    Ok(())
}

/// Looks at an object, and refuses what is none of ours.
fn look(name: Name, owner: Uid) -> Result<Found, Failure> {
    let object = Object::open(name, owner)?;
    let name = object.name().clone();
    let look = || Failure::file("look at", name.path());
    let metadata = std::fs::symlink_metadata(name.path()).map_err(look())?;
    let status = match read_header(&object).map_err(look())? {
        Ok(header) if header.carries() == Some(Kind::Mailbox) => {
            let status = mailbox::status(&object, &header).map_err(look())?;
            Ok(Kept::Mailbox(header, status))
        }
        Ok(header) if header.carries() == Some(Kind::Pipe) => {
            let status = pipe::status(&object, &header).map_err(look())?;
            Ok(Kept::Pipe(header, status))
        }
        _ => open::status(&object).map_err(look())?.map(Kept::Link),
    };
    if let Err(reason) = &status
        && reason.is_foreign()
    {
        let reason = reason.to_string();
        return Err(Failure::NotOurs { name, reason });
    }
    Ok(Found {
        name,
        bytes: metadata.size(),
        mode: metadata.mode() & 0o7777,
        owner,
        status,
    })
}

impl Found {
    fn row(&self) -> [String; 7] {
        let name = self.name.to_string();
        match &self.status {
            Ok(Kept::Mailbox(header, status)) => [
                name,
                header.kind().to_string(),
                capacity(status),
                "-".into(),
                "-".into(),
                format!("{} attached", status.attached),
                owner(status).into(),
            ],
            Ok(Kept::Pipe(header, status)) => [
                name,
                header.kind().to_string(),
                status.capacity.to_string(),
                "-".into(),
                "-".into(),
                format!("{} attached", status.writers),
                reader(*status).into(),
            ],
            Ok(Kept::Link(status)) => [
                name,
                status.header.kind().to_string(),
                status.header.capacity().to_string(),
                status.sent.to_string(),
                status.received.to_string(),
                state(status.sender).into(),
                state(status.receiver).into(),
            ],
            Err(error) => {
                let error = format!("unusable: {error}");
                let mut row = ["-"; 7].map(String::from);
                row[0] = name;
                row[1] = error;
                row
            }
        }
    }

    fn block(&self) -> String {
        let mut lines = vec![("name", self.name.to_string())];
        match &self.status {
            Ok(Kept::Mailbox(header, status)) => lines.extend([
                ("carries", header.kind().to_string()),
                ("message type", message(header)),
                ("layout version", VERSION.to_string()),
                ("capacity", capacity(status)),
                ("attached", status.attached.to_string()),
                ("state", owner(status).into()),
                ("without owner", succession(status).into()),
            ]),
            Ok(Kept::Pipe(header, status)) => lines.extend([
                ("carries", header.kind().to_string()),
                ("layout version", VERSION.to_string()),
                ("capacity", format!("{} bytes", status.capacity)),
                ("writers", status.writers.to_string()),
                ("reader", reader(*status).into()),
            ]),
            Ok(Kept::Link(status)) => lines.extend([
                ("carries", status.header.kind().to_string()),
                ("message type", message(&status.header)),
                ("layout version", VERSION.to_string()),
                ("capacity", status.header.capacity().to_string()),
                ("sent", status.sent.to_string()),
                ("received", status.received.to_string()),
                ("sender", person(status.sender)),
                ("receiver", person(status.receiver)),
            ]),
            Err(error) => lines.push(("unusable", error.to_string())),
        }
        if let Some(answers) = self.answers() {
            lines.extend([
                ("traffic", answers.traffic.to_string()),
                ("for", answers.relation.to_string()),
                ("on", answers.reach.to_string()),
            ]);
        }
        lines.extend([
            ("size", format!("{} bytes", self.bytes)),
            ("mode", format!("{:04o}", self.mode)),
            ("owner", user(self.owner)),
        ]);
        let mut text = String::new();
        for (key, value) in lines {
            let _ = writeln!(text, "{key:>15}  {value}");
        }
        text
    }

    /// What it answers to the four questions on pipes, if it is known.
    fn answers(&self) -> Option<Answers> {
        let header = match &self.status {
            Ok(Kept::Mailbox(header, _) | Kept::Pipe(header, _)) => header,
            Ok(Kept::Link(status)) => &status.header,
            Err(_) => return None,
        };
        header.carries().map(Kind::answers)
    }

    fn json(&self) -> Value {
        let mut value = json!({
            // JSON has escapes of its own: who reads it gets the name itself.
            "name": format!("/{}", self.name.as_os_str().display()),
            "bytes": self.bytes,
            "mode": format!("{:04o}", self.mode),
            "owner": self.owner.as_raw(),
        });
        match &self.status {
            Ok(Kept::Mailbox(header, status)) => {
                value["version"] = VERSION.into();
                value["kind"] = header.kind().to_string().into();
                value["message"] = header.message().to_string().into();
                value["schema"] = header.message().lines().collect();
                value["capacity"] = match status.capacity {
                    Some(Capacity::Zero) => 0.into(),
                    Some(Capacity::Bounded(messages)) => messages.into(),
                    Some(Capacity::Unbounded) | None => Value::Null,
                };
                value["attached"] = status.attached.into();
                value["state"] = owner(status).into();
                value["without_owner"] = succession(status).into();
            }
            Ok(Kept::Pipe(header, status)) => {
                value["version"] = VERSION.into();
                value["kind"] = header.kind().to_string().into();
                value["capacity"] = status.capacity.into();
                value["writers"] = status.writers.into();
                value["reader"] = reader(*status).into();
            }
            Ok(Kept::Link(status)) => {
                value["version"] = VERSION.into();
                value["kind"] = status.header.kind().to_string().into();
                value["message"] = status.header.message().to_string().into();
                value["schema"] = status.header.message().lines().collect();
                value["capacity"] = status.header.capacity().into();
                value["sent"] = status.sent.into();
                value["received"] = status.received.into();
                value["sender"] = seat(status.sender);
                value["receiver"] = seat(status.receiver);
            }
            Err(error) => value["unusable"] = error.to_string().into(),
        }
        if let Some(answers) = self.answers() {
            value["traffic"] = answers.traffic.to_string().into();
            value["for"] = answers.relation.to_string().into();
            value["on"] = answers.reach.to_string().into();
        }
        value
    }
}

/// The type of the messages, and below it, if it has parts, its schema.
fn message(header: &Header) -> String {
    let mut text = header.message().to_string();
    for line in header.message().lines().skip(1) {
        let _ = write!(text, "\n{:>15}  {line}", "");
    }
    text
}

/// How much a mailbox holds.
fn capacity(status: &mailbox::Status) -> String {
    match status.capacity {
        Some(Capacity::Zero) => "0".into(),
        Some(Capacity::Bounded(messages)) => messages.to_string(),
        Some(Capacity::Unbounded) => "unbounded".into(),
        None => "?".into(),
    }
}

/// What became of the owner of a mailbox, in a word or two.
fn owner(status: &mailbox::Status) -> &'static str {
    match status.tenancy {
        Tenancy::Owned(_) if status.owner_lives => "owned",
        Tenancy::Owned(_) => "owner died",
        Tenancy::Nobody => "no owner",
        Tenancy::Ended(_) => "closed",
    }
}

/// Whether somebody reads a pipe.
fn reader(status: pipe::Status) -> &'static str {
    if status.is_read { "alive" } else { "none" }
}

/// What becomes of a mailbox when its owner goes.
fn succession(status: &mailbox::Status) -> &'static str {
    match status.succession {
        Succession::Closes => "is closed",
        Succession::HandedOver => "is handed over",
    }
}

/// What became of the holder of a seat, in a word or two.
fn state(seat: SeatStatus) -> &'static str {
    match seat.presence {
        Presence::Vacant => "none yet",
        Presence::Closed => "closed",
        Presence::Present | Presence::Suspect if !seat.held => "died",
        Presence::Present => "alive",
        Presence::Suspect => "dying",
    }
}

fn person(seat: SeatStatus) -> String {
    match seat.epoch {
        0 => state(seat).into(),
        1 => format!("{}, the first", state(seat)),
        epoch => format!("{}, number {epoch}", state(seat)),
    }
}

fn seat(seat: SeatStatus) -> Value {
    json!({ "state": state(seat), "epoch": seat.epoch })
}

fn user(uid: Uid) -> String {
    match User::from_uid(uid) {
        Ok(Some(user)) => format!("{} ({uid})", user.name),
        _ => uid.to_string(),
    }
}

/// Rows of cells as lines, each column as wide as it needs to be.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{value:#}\n"))
}

/// Prints on the standard output, which somebody may have closed.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    output_must_be_open()?;
    let mut stdout = io::stdout().lock();
    let printed = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    printed.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::file("write to", "the standard output")(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["A", "B"], ["long", "x"]].map(|row| row.map(String::from));
        assert_eq!(table(&rows), "A     B\nlong  x\n");
    }

    #[test]
    fn the_lock_knows_better_than_the_word() {
        let seat = |presence, held| {
            state(SeatStatus {
                presence,
                held,
                epoch: 1,
            })
        };
        assert_eq!(seat(Presence::Present, true), "alive");
        assert_eq!(seat(Presence::Present, false), "died");
        assert_eq!(seat(Presence::Suspect, false), "died");
        assert_eq!(seat(Presence::Closed, false), "closed");
        assert_eq!(seat(Presence::Vacant, false), "none yet");
    }
}
