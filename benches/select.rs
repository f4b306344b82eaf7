//! What it costs to wait for many links: `cargo bench --bench select -- [OPTION ...]`.
//!
//! One thread waits for so many links between threads, all empty but one, which the same thread has
//! just sent a message to: so nobody has to be woken, and what is measured is the call itself, with
//! the ring that the message cost. In turns, for each number of links: with `io_uring`, which tells
//! what changed; with one sleep on all words, which looks at all; and a plain `send` and `recv` on
//! one link beside them.
#![allow(clippy::cast_precision_loss, reason = "a bench counts in fractions")]

#[path = "common/machine.rs"]
mod machine;

use std::hint::black_box;
use std::time::Instant;

use aqueduct::link::select::{Few, Poller, Select};
use aqueduct::platform::native::{Native, Uring};
use aqueduct::threads::bounded;
use clap::Parser;

/// Measures what it costs to wait for many links.
#[derive(Parser)]
struct Options {
    /// The numbers of links.
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000")]
    links: Vec<usize>,
    /// Messages of a block.
    #[arg(long, default_value_t = 1000)]
    messages: usize,
    /// Blocks of each kind, in turns.
    #[arg(long, default_value_t = 15)]
    blocks: usize,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Nanoseconds for each message of a block, sent to one link after the other.
fn select<W: Poller<Native>>(links: usize, messages: usize, poller: W) -> f64 {
    let (mut senders, mut receivers): (Vec<_>, Vec<_>) = (0..links)
        .map(|_| bounded::<usize>(2).expect("a capacity"))
        .unzip();
    let mut select = Select::with_poller(&mut receivers, poller).expect("all are different");
    assert!(select.poll().is_none());
    let start = Instant::now();
    for message in 0..messages {
        senders[message % links]
            .send(message)
            .expect("there is room");
        let (link, came) = select.wait_forever();
        assert_eq!((link, came), (message % links, Ok(message)));
    }
    start.elapsed().as_nanos() as f64 / messages as f64
}

fn plain(messages: usize) -> f64 {
    let (mut sender, mut receiver) = bounded::<usize>(2).expect("a capacity");
    let start = Instant::now();
    for message in 0..messages {
        sender.send(message).expect("there is room");
        assert_eq!(black_box(receiver.recv()), Ok(message));
    }
    start.elapsed().as_nanos() as f64 / messages as f64
}

/// Median, and quartiles.
fn show(mut samples: Vec<f64>) -> String {
    samples.sort_by(f64::total_cmp);
    let at = |part: usize| samples[(samples.len() - 1) * part / 4] / 1000.0;
    format!("{:.2} µs ({:.2} to {:.2})", at(2), at(1), at(3))
}

fn main() {
    let options = Options::parse();
    let Options {
        messages, blocks, ..
    } = options;
    println!("{}", machine::describe());
    println!("{blocks} blocks of {messages} messages each; median (quartiles) for a message");
    println!("| links | io_uring | all words | one link, `recv` |\n|---|---|---|---|");
    for links in options.links {
        let (mut uring, mut few, mut one) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..blocks {
            if let Ok(poller) = Uring::new() {
                uring.push(select(links, messages, poller));
            }
            few.push(select(links, messages, Few::new()));
            one.push(plain(messages));
        }
        let uring = if uring.is_empty() {
            "-".into()
        } else {
            show(uring)
        };
        println!("| {links} | {uring} | {} | {} |", show(few), show(one));
    }
}
