//! What can be said on the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aqueduct::open::Options;
use aqueduct::position::Capacity;
use aqueduct::shm::{Name, Uid};
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::units;

/// Streams of bytes between processes, through shared memory.
#[derive(Debug, Parser)]
#[command(
    name = "aqueduct",
    version,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tar c DIR | aqueduct send /x      in one terminal, and in another, in either order:
  aqueduct recv /x | tar x

  aqueduct send --resume /x FILE    if either side is killed, start it again with the
  aqueduct recv --resume /x COPY    same words: it goes on where it was

Exit codes:
    0  done: everything has been received
    1  another input or output error, or the other side closed early
    2  wrong usage, or a name that cannot be
    3  the other side died; all that it had sent has been written
    4  corrupt, or another link than asked for
    5  no space, or no memory
    6  not permitted
    7  timed out
    8  no such name
    9  somebody else is attached
   10  not an aqueduct object
  130  interrupted";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// See it work: two processes, a real file, a comparison, kills, and the recovery.
    ///
    /// Sends FILE, or this program's own executable, through shared memory and through a FIFO,
    /// again and again if it is small, compares every byte, kills the sender in the middle, lets
    /// another take over, and prints what was seen.
    Demo {
        /// The file to send; this program's own executable if none is given.
        file: Option<PathBuf>,
        #[command(flatten)]
        output: Output,
    },
    /// See a classic mistake fail, step by step, and its repair hold.
    ///
    /// Without EXERCISE, lists the exercises. Each is a bounded buffer with one mistake: what is
    /// wrong, its lines, the run that breaks it with the fewest preemptions, and a picture of that
    /// run. Needs a program that is built with the features `cli` and `model`.
    Lab(Lab),
    /// Send the bytes of a file or of the standard input.
    ///
    /// Makes NAME if nobody has, and waits for a receiver. Ends when everything has been received.
    Send(Transfer),
    /// Receive bytes into a file or the standard output.
    ///
    /// Makes NAME if nobody has, and waits for a sender. Ends when the sender has ended.
    Recv(Transfer),
    /// Measure links beside what the machine allows, and beside the kernel's.
    ///
    /// Each sample is taken by a process of its own, all in random order, again and again; ratios
    /// within a run count. `benches/peers` is the same program with other libraries in it.
    Bench(aqueduct::bench::Options),
    /// Look whether this machine has what links need, and say what to do where it has not.
    ///
    /// Looks at the folder of shared memory, the kernel, and the limits of this user, and makes and
    /// removes a small object. Fails if something is missing without which nothing works.
    Doctor {
        #[command(flatten)]
        output: Output,
    },
    /// List the objects of aqueduct that you may open.
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Show what is known of one object.
    Show {
        /// The name of the object, with or without a slash in front.
        #[arg(value_parser = name_parser())]
        name: Name,
        #[command(flatten)]
        owner: Owner,
        #[command(flatten)]
        output: Output,
    },
    /// Remove an object that nobody uses.
    Remove {
        /// The name of the object, with or without a slash in front.
        #[arg(value_parser = name_parser())]
        name: Name,
        #[command(flatten)]
        owner: Owner,
    },
    /// Remove what the dead have left.
    ///
    /// Removes the objects of aqueduct that nobody is attached to, unless a whole stream waits in
    /// them to be received. A process that is stopped is attached.
    Clean(Clean),
    /// One process of the demo.
    #[command(hide = true)]
    DemoPart(Part),
}

/// The words of `clean`.
#[derive(Debug, Args)]
pub(super) struct Clean {
    /// The names to look at, with or without a slash in front; all objects if none is given.
    #[arg(value_parser = name_parser())]
    pub(super) names: Vec<Name>,
    /// Remove nothing, and say of each object what would become of it, and why.
    #[arg(long, short = 'n')]
    pub(super) dry_run: bool,
    /// Keep the streams that two who --resume could go on with.
    #[arg(long)]
    pub(super) keep_unfinished: bool,
    /// Also say what is kept, and why.
    #[arg(long, short)]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) owner: Owner,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The words of `lab`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "model"),
    allow(dead_code, reason = "there is no lab without the checker")
)]
pub(super) struct Lab {
    /// The exercise to see.
    pub(super) exercise: Option<String>,
    /// Show how the lines are repaired, and check that this holds.
    #[arg(long, requires = "exercise")]
    pub(super) fix: bool,
    /// Where the picture goes; EXERCISE.svg in the current directory if nothing is said.
    #[arg(
        long,
        value_name = "FILE",
        requires = "exercise",
        conflicts_with = "fix"
    )]
    pub(super) picture: Option<PathBuf>,
    /// Run every exercise and every repair, and print a table.
    #[arg(long, conflicts_with = "exercise")]
    pub(super) all: bool,
}

/// What one process of the demo does.
#[derive(Clone, Debug, Args)]
pub(super) struct Part {
    /// Which end it is, of what.
    #[arg(value_enum)]
    pub(super) role: PartRole,
    /// The name of the object, or the path of the FIFO.
    pub(super) place: PathBuf,
    /// The file that passes.
    pub(super) file: PathBuf,
    /// How many bytes pass; the file begins again at its end.
    pub(super) total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PartRole {
    LinkSender,
    LinkReceiver,
    FifoSender,
    FifoReceiver,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Output {
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Whose object is meant.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Owner {
    /// Expect an object of this user, given by number or name, instead of your own.
    #[arg(long, value_name = "USER", value_parser = units::owner)]
    owner: Option<Uid>,
}

impl Owner {
    pub(super) fn uid(self) -> Uid {
        self.owner.unwrap_or_else(Uid::effective)
    }
}

/// The words of `send` and `recv`.
#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// The name of the object, with or without a slash in front.
    #[arg(value_parser = name_parser())]
    pub(super) name: Name,
    /// The file; without, or with `-`, the standard input or output.
    file: Option<PathBuf>,
    /// The bytes that the link holds, such as 64K or 1MiB. A link that exists must have as many.
    #[arg(long, value_name = "BYTES", value_parser = units::capacity)]
    capacity: Option<Capacity>,
    /// Give up when the other side does not act for so long, such as 5, 1.5s or 200ms.
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(super) timeout: Option<Duration>,
    /// The permission bits of a new object, in octal; 600 if nothing is said. An object of yours
    /// that is there and open to more is refused.
    #[arg(long, value_name = "OCTAL", value_parser = units::mode)]
    mode: Option<u32>,
    #[command(flatten)]
    owner: Owner,
    /// Go on where a stream was left, and wait for a successor if the other side dies; needs FILE.
    #[arg(long, requires = "file")]
    pub(super) resume: bool,
    /// Show no progress.
    #[arg(long, short)]
    pub(super) quiet: bool,
}

impl Transfer {
    /// The file, if it is not a standard stream.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref().filter(|file| *file != "-")
    }

    /// How to attach.
    pub(super) fn options(&self) -> Options {
        let mut options = Options::new()
            .owner(self.owner.uid())
            .resume(self.resume)
            .timeout(self.timeout);
        if let Some(capacity) = self.capacity {
            options = options.capacity(capacity);
        }
        if let Some(mode) = self.mode {
            options = options.mode(mode);
        }
        options
    }
}

fn name_parser() -> impl TypedValueParser<Value = Name> {
    OsStringValueParser::new().try_map(Name::parse)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_words_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn resuming_needs_a_file() {
        assert!(Cli::try_parse_from(["aqueduct", "send", "--resume", "x"]).is_err());
        assert!(Cli::try_parse_from(["aqueduct", "send", "--resume", "x", "file"]).is_ok());
    }
}
