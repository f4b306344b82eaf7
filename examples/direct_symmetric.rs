//! P and Q name each other, as two processes: `cargo run --example direct_symmetric`.

use std::error::Error;
use std::process::Command;

use aqueduct::open::direct::Process;

/// Receives numbers from P, and sends their squares back.
fn q(q: &str, p: &str) -> Result<(), Box<dyn Error>> {
    let process = Process::new(q)?;
    let (mut from_p, mut to_p) = (process.from::<u64>(p)?, process.to::<u64>(p)?);
    for number in from_p.iter() {
        to_p.send(number * number)?;
    }
    Ok(())
}

/// Sends numbers to Q, and adds up what comes back.
fn p(p: &str, q: &str) -> Result<u64, Box<dyn Error>> {
    let process = Process::new(p)?;
    let mut to_q = process.to::<u64>(q)?;
    let mut from_q = process.from::<u64>(q)?;
    let mut other = Command::new(std::env::current_exe()?)
        .args([q, p])
        .spawn()?;
    for number in 1..=100 {
        to_q.send(number)?;
    }
    drop(to_q); // Q is told that this was all.
    let sum = from_q.iter().sum();
    assert!(other.wait()?.success());
    Ok(sum)
}

fn main() -> Result<(), Box<dyn Error>> {
    if let [_, own, other] = &std::env::args().collect::<Vec<_>>()[..] {
        return q(own, other);
    }
    let [one, two] = ["P", "Q"].map(|name| format!("{name}-{}", std::process::id()));
    println!("1 + 4 + 9 + ... + 10000 = {}", p(&one, &two)?);
    Ok(())
}
