//! The pipes, and the process that writes.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use aqueduct::open::pipe::Options as Named;
use aqueduct::shm::Name;
use nix::fcntl::{FcntlArg, fcntl};
use serde::Serialize;

use super::options::Options;
use super::{outcome, processors};

/// How the writer learns what to write, and where to: without a name to its standard output.
const SIZE: &str = "AQUEDUCT_PIPE_SIZE";
const MILLIS: &str = "AQUEDUCT_PIPE_MILLIS";
const NAME: &str = "AQUEDUCT_PIPE_NAME";

/// What the reader reads into.
const BUFFER: usize = 1 << 16;
/// The larger buffer of the kernel's pipe, and ours.
const GROWN: usize = Named::DEFAULT_CAPACITY;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Competitor {
    Pipe,
    Kernel,
    Grown,
}

impl Competitor {
    pub const ALL: [Competitor; 3] = [Competitor::Pipe, Competitor::Kernel, Competitor::Grown];

    pub fn name(self) -> &'static str {
        match self {
            Competitor::Pipe => "pipe",
            Competitor::Kernel => "kernel",
            Competitor::Grown => "kernel, grown",
        }
    }

    /// Bytes a second of a stream by writes of this size.
    pub fn measure(self, options: &Options, size: usize) -> Result<f64, Box<dyn Error>> {
        let mut command = processors::again(options.processors)?;
        command.env(SIZE, size.to_string());
        command.env(MILLIS, options.millis.to_string());
        let (mut child, rate);
        if self == Competitor::Pipe {
            let name = Name::parse(format!("aqueduct-bench-{}", std::process::id()))?;
            child = Finished(command.env(NAME, name.as_os_str()).spawn()?);
            let limit = Some(Duration::from_secs(30));
            rate = read(Named::new().timeout(limit).reader(&name)?)?;
        } else {
            child = Finished(command.stdout(Stdio::piped()).spawn()?);
            let stdout = child.0.stdout.take().ok_or("a pipe was asked for")?;
            if self == Competitor::Grown {
                fcntl(
                    stdout.as_fd(),
                    FcntlArg::F_SETPIPE_SZ(i32::try_from(GROWN)?),
                )?;
            }
            rate = read(stdout)?;
        }
        let status = child.0.wait()?;
        status
            .success()
            .then_some(rate)
            .ok_or_else(|| format!("the writer: {status}").into())
    }
}

/// Kills and waits for the writer, if it still runs.
struct Finished(Child);

impl Drop for Finished {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads to the end; bytes a second from the first one on.
fn read(mut source: impl Read) -> io::Result<f64> {
    let mut buffer = vec![0; BUFFER];
    let mut total = source.read(&mut buffer)?;
    let begun = Instant::now();
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(total as f64 / begun.elapsed().as_secs_f64()),
            read => total += read,
        }
    }
}

/// In the process that writes: what.
pub struct ToWrite {
    size: usize,
    time: Duration,
}

/// What this process is to write, if it is one that writes.
pub fn to_write() -> Option<ToWrite> {
    let number = |name| std::env::var(name).ok()?.parse().ok();
    Some(ToWrite {
        size: usize::try_from(number(SIZE)?).ok()?,
        time: Duration::from_millis(number(MILLIS)?),
    })
}

impl ToWrite {
    /// Writes for a while, and ends.
    pub fn all(&self) -> ExitCode {
        outcome::exit(self.write())
    }

    fn write(&self) -> Result<(), Box<dyn Error>> {
        match std::env::var_os(NAME) {
            Some(name) => self.write_to(Named::new().writer(&Name::parse(name)?)?)?,
            None => self.write_to(File::from(io::stdout().as_fd().try_clone_to_owned()?))?,
        }
        Ok(())
    }

    fn write_to(&self, mut sink: impl Write) -> io::Result<()> {
        let bytes = vec![7; self.size];
        let begun = Instant::now();
        while begun.elapsed() < self.time {
            // The clock is looked at seldom.
            for _ in 0..1000_usize.min((1 << 20) / self.size.max(1)).max(1) {
                sink.write_all(&bytes)?;
            }
        }
        Ok(())
    }
}
