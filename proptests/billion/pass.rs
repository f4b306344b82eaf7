//! Messages that pass from threads that fill to threads that take.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::ledger::{Faults, Ledger, message};
use crate::sides::{Fills, Sides, Takes};

/// The most messages in one call.
const MOST: usize = 16;

/// Nobody waits so long unless somebody stands still.
const LONG: Duration = Duration::from_mins(1);

/// How many messages are asked for.
pub fn messages(unless_asked: u64) -> u64 {
    match std::env::var("AQUEDUCT_MESSAGES") {
        Ok(number) => number.parse().expect("AQUEDUCT_MESSAGES is a number"),
        Err(_) => unless_asked,
    }
}

/// So many messages in all pass through a buffer; prints what was seen.
pub fn pass<F: Fills, T: Takes>(name: &str, messages: u64, (fill, take): Sides<F, T>) {
    let sides = format!("{name}, {} to {}", fill.len(), take.len());
    let producers = fill.len() as u64;
    // The remainder is the first one's.
    let mut sent = vec![messages / producers; fill.len()];
    sent[0] += messages % producers;
    let progress = ProgressBar::new(messages).with_message(sides.clone());
    let style = "{msg} {wide_bar} {human_pos} of {human_len}, {eta} left";
    progress.set_style(ProgressStyle::with_template(style).expect("a template"));
    let (all_sent, start) = (
        AtomicBool::new(false),
        Barrier::new(fill.len() + take.len() + 1),
    );
    let (faults, seconds) = thread::scope(|scope| {
        let (sent, all_sent, start, progress) = (&sent, &all_sent, &start, &progress);
        let filling = fill.into_iter().enumerate().map(|(producer, side)| {
            scope.spawn(move || {
                start.wait();
                send(side, producer, sent[producer]);
            })
        });
        let filling: Vec<_> = filling.collect();
        let taking = take.into_iter().map(|side| {
            scope.spawn(move || {
                let ledger = Ledger::new(sent);
                start.wait();
                receive(side, ledger, all_sent, progress)
            })
        });
        let taking: Vec<_> = taking.collect();
        start.wait();
        let began = Instant::now();
        for thread in filling {
            thread.join().expect("it sent all");
        }
        all_sent.store(true, Release); // SENT
        let ledgers = taking
            .into_iter()
            .map(|thread| thread.join().expect("it received"));
        let ledgers = ledgers.collect();
        let seconds = began.elapsed().as_secs_f64();
        (Ledger::close(ledgers), seconds)
    });
    progress.finish_and_clear();
    #[expect(clippy::cast_precision_loss, reason = "a speed is rounded")]
    let speed = messages as f64 / seconds / 1e6;
    println!("{sides}: {messages} messages in {seconds:.1} s, {speed:.1} M/s: {faults}");
    assert_eq!(faults, Faults::default(), "{sides}");
}

/// How many messages the next call passes: half of all pass alone. The two sides change at different
/// times, so that every way to fill meets every way to take.
fn at_once(call: usize, period: usize) -> usize {
    if call % period < 32 {
        1
    } else {
        1 + call / period % MOST
    }
}

fn send(mut side: impl Fills, producer: usize, count: u64) {
    let (mut next, mut patience) = (0, Patience::default());
    let mut batch = [0; MOST];
    for call in 0.. {
        let left = usize::try_from(count - next).unwrap_or(MOST);
        let wanted = at_once(call, 36).min(left);
        if wanted == 0 {
            return;
        }
        let batch = &mut batch[..wanted];
        for (place, number) in batch.iter_mut().zip(next..) {
            *place = message(producer, number);
        }
        let filled = side.fill(batch);
        next += filled as u64;
        patience.after(filled);
    }
}

fn receive(
    mut side: impl Takes,
    mut ledger: Ledger,
    all_sent: &AtomicBool,
    progress: &ProgressBar,
) -> Ledger {
    let (mut unseen, mut patience) = (0, Patience::default());
    let mut batch = [0; MOST];
    for call in 0.. {
        // Before it looks: what is not there then does not come any more.
        let last = all_sent.load(Acquire); // SENT
        let batch = &mut batch[..at_once(call, 37)];
        let taken = side.take(batch);
        if taken == Some(0) && last {
            break;
        }
        let taken = taken.unwrap_or(0);
        batch[..taken]
            .iter()
            .for_each(|&message| ledger.enter(message));
        unseen += taken as u64;
        if unseen >= 1 << 20 {
            progress.inc(unseen);
            unseen = 0;
        }
        patience.after(taken);
    }
    ledger
}

/// Waiting for room or messages: a short spin, then the processor goes to another thread.
#[derive(Default)]
struct Patience {
    tries: u32,
    since: Option<Instant>,
}

impl Patience {
    /// What to do after a call that passed so many messages.
    fn after(&mut self, passed: usize) {
        if passed > 0 {
            self.tries = 0;
            return;
        }
        self.tries += 1;
        match self.tries {
            ..=20 => std::hint::spin_loop(),
            21 => self.since = Some(Instant::now()),
            _ => {
                let since = self.since.expect("it was set before");
                assert!(since.elapsed() < LONG, "the other side stands still");
                thread::yield_now();
            }
        }
    }
}
