//! How fast it is beside `cat` through a FIFO: the same file, the same sinks, in turn. It prints
//! and asserts no speed: other programs on the machine have a say in that.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::running::{Content, Running, aqueduct};
use crate::shm::Scratch;

const LENGTH: u64 = 10_000_000_000;

const ROUNDS: usize = 3;

#[test]
#[ignore = "prints figures: about two minutes, in release mode on a quiet machine; last run 2026-11-22"]
fn ten_gigabytes_beside_cat_through_a_fifo() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, fifo) = (folder.path().join("input"), folder.path().join("fifo"));
    Content::new(1, LENGTH).make(&file);
    mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR).expect("a FIFO");
    for sink in [Sink::Nowhere, Sink::Reader] {
        let (mut ours, mut cats) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(rate(|| through_aqueduct(&file, sink)));
            cats.push(rate(|| through_cat(&file, &fifo, sink)));
        }
        let line = format!(
            "{sink:?}: aqueduct {}, cat {} GB/s (median, from least to most)\n",
            summary(&mut ours),
            summary(&mut cats)
        );
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// Where the bytes go.
#[derive(Clone, Copy, Debug)]
enum Sink {
    /// `/dev/null`: to pass them is all there is to do.
    Nowhere,
    /// A pipe whose reader looks at nothing, as the next program of a pipeline.
    Reader,
}

impl Sink {
    fn stdout(self) -> Stdio {
        match self {
            Sink::Nowhere => Stdio::null(),
            Sink::Reader => Stdio::piped(),
        }
    }
}

/// Reads to the end, if there is anything to read.
fn drain(output: Option<ChildStdout>) {
    let Some(mut output) = output else { return };
    let mut block = vec![0; 1 << 20];
    let mut length = 0;
    while let more @ 1.. = output.read(&mut block).expect("it can be read") {
        length += more as u64;
    }
    assert_eq!(length, LENGTH);
}

fn through_aqueduct(file: &Path, sink: Sink) {
    let scratch = Scratch::new();
    let name = scratch.name().to_string();
    let file = file.to_str().expect("a plain path");
    let mut receiver = Running::start(aqueduct(["recv", &name]).stdout(sink.stdout()));
    let mut sender = Running::start(&mut aqueduct(["send", &name, file]));
    drain(receiver.child().stdout.take());
    sender.wait().expect(0);
    receiver.wait().expect(0);
}

fn through_cat(file: &Path, fifo: &Path, sink: Sink) {
    let mut sender = Command::new("sh");
    sender
        .args(["-c", "exec cat \"$0\" > \"$1\""])
        .arg(file)
        .arg(fifo);
    let sender = sender.spawn().expect("a shell");
    let mut receiver = Command::new("cat");
    receiver.arg(fifo).stdout(sink.stdout());
    let mut receiver = receiver.spawn().expect("cat");
    drain(receiver.stdout.take());
    let ended = |mut child: Child| child.wait().expect("our child").success();
    assert!(ended(sender) && ended(receiver));
}

fn rate(pass: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    pass();
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    let length = LENGTH as f64;
    length / begun.elapsed().as_secs_f64() / 1e9
}

fn summary(rates: &mut [f64]) -> String {
    rates.sort_by(f64::total_cmp);
    let (least, most) = (rates[0], rates[rates.len() - 1]);
    format!("{:.2} ({least:.2} to {most:.2})", rates[rates.len() / 2])
}
