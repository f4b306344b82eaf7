//! Which processors a bench and the process that it starts run on, by `taskset`.

use std::error::Error;
use std::io;
use std::process::{self, Command};
use std::str::FromStr;

/// The processors of both.
#[derive(Clone, Copy)]
pub struct Processors {
    pub own: usize,
    pub peer: usize,
}

impl FromStr for Processors {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let both = text.split_once(',');
        let both = both.and_then(|(own, peer)| {
            let (own, peer) = (own.parse().ok()?, peer.parse().ok()?);
            Some(Self { own, peer })
        });
        both.ok_or("two numbers are wanted")
    }
}

impl Processors {
    /// Puts this process on its processor; what `taskset` says of that.
    pub fn pin(self) -> Result<String, Box<dyn Error>> {
        let own = self.own.to_string();
        let this = process::id().to_string();
        let moved = Command::new("taskset")
            .args(["-cp", &own, &this])
            .output()?;
        if !moved.status.success() {
            return Err(format!("no processor {own}").into());
        }
        Ok(String::from_utf8_lossy(&moved.stdout).trim().into())
    }
}

/// This program again, on its processor if that is said.
pub fn again(processors: Option<Processors>) -> io::Result<Command> {
    let program = std::env::current_exe()?;
    let Some(Processors { peer, .. }) = processors else {
        return Ok(Command::new(program));
    };
    let mut command = Command::new("taskset");
    command.args(["-c", &peer.to_string()]).arg(program);
    Ok(command)
}
