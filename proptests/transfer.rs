//! A large transfer arrives bit for bit, and takes no more memory than a small one.

mod speed;

use std::io::Write as _;
use std::process::Stdio;
use std::thread;

use crate::running::{Content, Running, aqueduct, peak_memory};
use crate::shm::Scratch;

const MIB: u64 = 1 << 20;

/// What a side may have at its most: the program, and the link of a mebibyte.
const MEMORY: u64 = 16 * MIB;

#[test]
fn a_large_transfer_arrives_bit_for_bit_in_little_memory() {
    transfer(256 * MIB);
}

#[test]
#[ignore = "10 GB, about 15 s; last run 2026-11-22: passed, 4784 and 4500 KiB"]
fn ten_gigabytes_arrive_bit_for_bit_in_little_memory() {
    transfer(10_000_000_000);
}

/// Sends bytes that are made on the way, from pipe to pipe, and compares each of them.
fn transfer(length: u64) {
    let scratch = Scratch::new();
    let name = scratch.name().to_string();
    let content = Content::new(length, length);
    let start = |verb: &str| {
        let mut command = aqueduct([verb, &name]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Running::start(&mut command)
    };
    let (mut receiver, mut sender) = (start("recv"), start("send"));
    let mut input = sender.child().stdin.take().expect("it was piped");
    let output = receiver.child().stdout.take().expect("it was piped");
    let pids = [sender.pid(), receiver.pid()];
    let peaks = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            content.write(&mut input).expect("the sender takes all");
            // All but what the link and the pipes hold has passed, and nobody ends before the
            // input does.
            let peaks = pids.map(|pid| peak_memory(pid).expect("it runs"));
            drop(input);
            peaks
        });
        content.expect_all(output);
        writer.join().expect("it has written all")
    });
    sender.wait().expect(0);
    receiver.wait().expect(0);
    assert!(!scratch.name().path().exists(), "the name was left");
    let [sender, receiver] = peaks.map(|peak| peak / 1024);
    let line = format!(
        "{} MB sent and compared; the sender had {sender} KiB at the most, the receiver {receiver}\n",
        length / 1_000_000
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
    assert!(peaks.iter().all(|&peak| peak < MEMORY), "{line}");
}
