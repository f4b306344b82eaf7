//! A real process is killed with SIGKILL before an instruction of an operation, whichever it is, and
//! those who survive go on: nothing is lost, doubled, torn or leaked, and nobody waits for the dead.
//!
//! ```text
//!   victim     prepares | push, pop, recover, send, recv, attach, create, take over, remove
//!   tracer              | ...so many of its instructions, and then kills it, or holds it
//!   others     are there before it, try while it is held, and follow it when it is dead
//! ```
//!
//! What the kills of [`stepped`](crate::stepped) do at each access to shared memory, these do at
//! each instruction, of which most are the kernel's business, the C library's, or the allocator's; and
//! the operations are whole ones, as programs call them.
//!
//! A victim that is held is as good as one that is paused: it is not taken for dead, and its work
//! is intact when it goes on.

mod asleep;
mod attaching;
mod buffers;
mod crowd;
mod dead;
mod direct;
mod leaving;
mod link;
mod mailbox;
mod message;
mod operation;
mod points;
mod recovering;
mod seated;
mod streaming;
mod survivors;
mod sweep;
mod tracer;
mod unlinking;

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use nix::unistd::alarm;

use self::operation::OPERATION;
use self::points::Point;
use self::sweep::{Run, Tally, Then, Traced, traced};
use crate::running::Random;
use crate::shm::name_for_helper;

/// How many kills a plain run has at the least.
const KILLS: usize = 2_000;
/// How many the long form has.
const MANY_KILLS: usize = 50_000;
/// How often somebody is held for a moment; and at how many instructions of an operation in the long
/// form, if it has so many.
const HOLDS: usize = 1_000;
const MANY_HOLDS: usize = 4_000;
/// How long a pause is, and how long in the long form.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(90)];

/// No victim lives longer, in seconds.
const LONGEST: u32 = 300;

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn is_traced() {
    let Some(name) = name_for_helper() else {
        return;
    };
    // Whatever becomes of its tracer, and of those that it waits for.
    alarm::set(LONGEST);
    let wanted = std::env::var(OPERATION).expect("the parent says so");
    let mut all = operation::all().into_iter();
    let operation = all.find(|operation| operation.name == wanted);
    (operation.expect("there is such an operation").run)(&name)
}

/// So many points, spread over all operations, and evenly over the instructions of each.
fn spread(traced: &Traced, total: usize) -> Vec<(usize, Point)> {
    let count = total.div_ceil(sweep::traced().len());
    traced.trace.spread(count).enumerate().collect()
}

/// Every instruction of an operation, in each way to begin.
fn every(traced: &Traced) -> Vec<(usize, Point)> {
    let variants = 0..traced.operation.variants;
    let points = variants.flat_map(|turn| traced.trace.all().map(move |point| (turn, point)));
    points.collect()
}

/// Victims of every operation at the points that are chosen for it; how many there were.
fn sweep(what: &str, then: Then, choose: impl Fn(&Traced) -> Vec<(usize, Point)>) -> usize {
    let (mut total, mut elsewhere) = (0, 0);
    for traced in traced() {
        let tally = Tally::of(&traced.operation, &choose(traced), then);
        tally.print(what, traced);
        total += tally.points;
        elsewhere += tally.elsewhere;
        let (name, outcomes) = (&traced.operation.name, tally.outcomes.len());
        let differ = matches!(then, Then::Hold(_)) || outcomes > 1;
        assert!(differ, "{name}: kills early and late have the same outcome");
    }
    say(&format!(
        "{total} {what}, {elsewhere} beside the instruction meant"
    ));
    assert!(elsewhere < total / 2, "the victims do not do as they did");
    total
}

/// Prints a line, also where the output of tests that pass is not shown.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("traced: {line}\n").as_bytes());
}

#[test]
fn a_kill_at_any_instruction_is_survived() {
    let kills = sweep("kills", Then::Kill, |traced| spread(traced, KILLS));
    assert!(kills >= KILLS, "{kills} kills");
}

#[test]
#[ignore = "the long form: every instruction"]
fn a_kill_at_every_instruction_is_survived() {
    let kills = sweep("kills", Then::Kill, every);
    assert!(kills >= MANY_KILLS, "{kills} kills");
}

#[test]
fn who_is_held_at_any_instruction_goes_on() {
    let moment = Then::Hold(Duration::ZERO);
    sweep("holds", moment, |traced| spread(traced, HOLDS));
}

#[test]
#[ignore = "the long form: every instruction of short operations"]
fn who_is_held_at_many_instructions_goes_on() {
    let moment = Then::Hold(Duration::ZERO);
    sweep("holds", moment, |Traced { trace, .. }| {
        let count = trace.places().min(MANY_HOLDS);
        trace.spread(count).enumerate().collect()
    });
}

/// One victim of every operation is paused at a random instruction, all at the same time.
fn pause(time: Duration) {
    let (mut random, seed) = Random::from_environment();
    let points: Vec<_> = traced()
        .iter()
        .map(|traced| {
            let inner = traced.trace.count() - 1;
            let place = 1 + random.below(inner as u64);
            traced.trace.point(usize::try_from(place).expect("a place"))
        })
        .collect();
    thread::scope(|scope| {
        for (Traced { operation, .. }, point) in traced().iter().zip(points) {
            scope.spawn(move || {
                tracer::fix_addresses();
                let then = Then::Hold(time);
                let run = Run {
                    operation,
                    point,
                    turn: 0,
                    then,
                };
                let outcome = run.run().outcome;
                say(&format!("{run:?}: {outcome}; seed {seed}"));
            });
        }
    });
}

#[test]
fn who_is_paused_is_not_dead() {
    pause(PAUSES[0]);
}

#[test]
#[ignore = "the long form: 90 seconds"]
fn who_is_paused_for_long_is_not_dead() {
    pause(PAUSES[1]);
}
