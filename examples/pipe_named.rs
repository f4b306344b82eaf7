//! Two strangers over a pipe with a name: `pipe_named NAME write` and `pipe_named NAME read`, in two
//! terminals and in either order; without words, both at once.
//!
//! The pipe is ours, in shared memory. With a path for a name, such as `./fifo`, it is one of the kernel's.

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::Command;

use aqueduct::kernel::fifo;
use aqueduct::open::pipe::Options;
use aqueduct::shm::Name;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [name, what] if what == "write" => writer(name)?.write_all(b"water flows\n")?,
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
    let run = |what| Command::new(&program).args([name, what]).spawn();
    for mut child in [run("read")?, run("write")?] {
        assert!(child.wait()?.success());
    }
    Ok(())
}
