//! Two strangers over a pipe with a name: `pipe_named NAME write` passes its input on, and
//! `pipe_named NAME read` prints it, in two terminals and in either order; without words, both at once.
//!
//! The pipe is ours, in shared memory. With a path for a name, such as `./fifo`, it is one of the kernel's.

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use aqueduct::kernel::fifo;
use aqueduct::open::pipe::Options;
use aqueduct::shm::Name;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [name, what] if what == "write" => {
            io::copy(&mut io::stdin().lock(), &mut writer(name)?)?;
        }
        [name, what] if what == "read" => {
            io::copy(&mut reader(name)?, &mut io::stdout())?;
        }
        [] => both(&format!("pipe-example-{}", std::process::id()))?,
        _ => return Err("usage: pipe_named [NAME write|read]".into()),
    }
    Ok(())
}

fn is_path(name: &str) -> bool {
    name.contains('/') && !name.starts_with('/')
}

fn writer(name: &str) -> Result<Box<dyn Write>, Box<dyn Error>> {
    if is_path(name) {
        let _ = fifo::create(name, 0o600); // unless it is there
        return Ok(Box::new(fifo::writer(name)?));
    }
    Ok(Box::new(Options::new().writer(&Name::parse(name)?)?))
}

fn reader(name: &str) -> Result<Box<dyn Read>, Box<dyn Error>> {
    if is_path(name) {
        let _ = fifo::create(name, 0o600); // unless it is there
        return Ok(Box::new(fifo::reader(name)?));
    }
    Ok(Box::new(Options::new().reader(&Name::parse(name)?)?))
}

/// Two programs that know the name, and nothing else of each other.
fn both(name: &str) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let run = |what| {
        let mut command = Command::new(&program);
        command.args([name, what]).stdin(Stdio::piped()).spawn()
    };
    let (mut reader, mut writer) = (run("read")?, run("write")?);
    let mut input = writer.stdin.take().ok_or("it has a pipe")?;
    input.write_all(b"water flows\n")?;
    drop(input);
    for child in [&mut reader, &mut writer] {
        assert!(child.wait()?.success());
    }
    Ok(())
}
