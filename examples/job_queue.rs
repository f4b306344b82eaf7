//! A mailbox between processes, three workers, one of which is killed: `cargo run --example job_queue`.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::open::mailbox::Options;
use aqueduct::shm::Name;
use aqueduct::wait::Patience;

const JOBS: u64 = 300;

/// Takes jobs until the owner closes the mailbox, and says which.
fn work(name: &Name) -> Result<(), Box<dyn Error>> {
    let jobs = Options::new().open::<u64>(name)?.receiver();
    println!("ready");
    while let Ok(job) = jobs.recv_marked(Patience::FOREVER) {
        std::thread::sleep(Duration::from_millis(1));
        println!(
            "{}{}",
            job.message,
            if job.maybe_redelivered { " again" } else { "" }
        );
    }
    Ok(())
}

/// Shares jobs out, kills a worker in the middle, and returns what each has done.
fn share(name: &Name) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let mailbox = Options::new()
        .capacity(Capacity::Bounded(8))
        .create::<u64>(name)?;
    let worker = || {
        let program = std::env::current_exe()?;
        Command::new(program)
            .args(["--work", &name.to_string()])
            .stdout(Stdio::piped())
            .spawn()
    };
    let mut workers: Vec<Child> = (0..3).map(|_| worker()).collect::<Result<_, _>>()?;
    let jobs = mailbox.sender();
    for job in 0..JOBS {
        jobs.send(job)?;
        if job == JOBS / 2 {
            workers[0].kill()?;
        }
    }
    assert!(mailbox.close());
    let mut done = Vec::new();
    for worker in &mut workers {
        let output = worker.stdout.take().expect("it is a pipe");
        let lines = BufReader::new(output).lines().skip(1);
        done.push(lines.collect::<Result<Vec<_>, _>>()?);
        worker.wait()?;
    }
    Ok(done)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("--work") {
        return work(&args.next().expect("a name").parse()?);
    }
    let name = Name::parse(format!("example-jobs-{}", std::process::id()))?;
    let done = share(&name)?;
    println!("done: {:?}", done.iter().map(Vec::len).collect::<Vec<_>>());
    Ok(())
}
