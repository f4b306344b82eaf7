//! Two processes talk both ways: first at the same time, over two pipes in shared memory (full duplex),
//! then in turns (half duplex).

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Command;

use aqueduct::open::pipe::Options;
use aqueduct::pipe::duplex::Duplex;
use aqueduct::pipe::turns::{Listening, Talking};
use aqueduct::shm::Name;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(name) => child(&name),
        None => parent(),
    }
}

/// One of two pipes for each way. Whoever opens an end waits for the other one, so both open them in the
/// same order.
fn channel(name: &str, is_parent: bool) -> Result<impl BufRead + Write, Box<dyn Error>> {
    let down = Name::parse(format!("{name}-down"))?;
    let up = Name::parse(format!("{name}-up"))?;
    let options = Options::new();
    if is_parent {
        let writer = options.writer(&down)?;
        let reader = options.reader(&up)?;
        Ok(Duplex { reader, writer })
    } else {
        let reader = options.reader(&down)?;
        let writer = options.writer(&up)?;
        Ok(Duplex { reader, writer })
    }
}

fn parent() -> Result<(), Box<dyn Error>> {
    let name = format!("turns-example-{}", std::process::id());
    let mut process = Command::new(std::env::current_exe()?).arg(&name).spawn()?;
    let mut channel = channel(&name, true)?;
    // Full duplex: it writes, whether the other one is writing or not.
    channel.write_all(b"both at once\n")?;
    let mut line = String::new();
    channel.read_line(&mut line)?;
    println!("parent heard: {}", line.trim_end());
    // Half duplex.
    let mut talking = Talking::new(channel);
    talking.write_all(b"how deep is the river?")?;
    let mut listening = talking.over()?;
    let mut answer = String::new();
    listening.read_to_string(&mut answer)?;
    println!("parent heard: {answer}");
    assert!(process.wait()?.success());
    Ok(())
}

fn child(name: &str) -> Result<(), Box<dyn Error>> {
    let mut channel = channel(name, false)?;
    channel.write_all(b"at once, both\n")?;
    let mut line = String::new();
    channel.read_line(&mut line)?;
    println!("child heard:  {}", line.trim_end());
    let mut listening = BufReader::new(Listening::new(channel));
    let mut question = String::new();
    listening.read_to_string(&mut question)?;
    println!("child heard:  {question}");
    let talk = listening.into_inner().talk();
    let mut talking = talk.map_err(|_| "the question is not over")?;
    talking.write_all(b"nine fathoms")?;
    talking.over()?;
    Ok(())
}
