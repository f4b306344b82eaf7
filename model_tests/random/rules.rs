//! What holds for random runs: what they can see, and what follows from a seed.

use crate::Test;
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, AtomicU32, Defect, History, Machine, Model, Random, Tried};
use aqueduct::platform::Ordering::{Acquire, Relaxed, SeqCst};
use aqueduct::platform::{Atomic, Platform};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("every interleaving can be tried", interleavings),
        ("memory is sequentially consistent", consistent),
        ("a fence is a point of scheduling", fence),
        ("a cell is a point of scheduling", cell),
        ("the same seed makes the same runs", same_seed),
        ("sixteen threads, and no more", threads),
        ("a process is struck at each of its accesses", struck),
        ("calls are ordered by starts and ends", ordered),
        ("few switches are few", few_switches),
    ]
}

fn tried(model: &Model, how: &Random) -> Result<Tried, String> {
    model.random(how).map_err(|failure| failure.to_string())
}

fn outcomes(seen: &Tried) -> BTreeSet<&str> {
    seen.outcomes.keys().map(String::as_str).collect()
}

fn are(seen: &Tried, expected: &[&str]) -> Result<(), String> {
    if outcomes(seen) == expected.iter().copied().collect() {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

/// Two threads of two steps have six interleavings.
fn interleavings() -> Result<(), String> {
    let model = Model::new("two and two", || {
        let log = Arc::new(AtomicU32::new(1));
        let append = |log: &AtomicU32, digit: u32| {
            // Each digit its own bit: 1 and 2 by one thread, 4 and 8 by the other.
            [
                log.fetch_or(digit << 4, Relaxed),
                log.fetch_or(digit << 5, Relaxed),
            ]
        };
        let other = model::spawn({
            let log = Arc::clone(&log);
            move || append(&log, 4)
        });
        let mine = append(&log, 1);
        (mine, other.join().unwrap())
    });
    let seen = tried(&model, &Random::new(2_000).seed(1))?;
    if seen.outcomes.len() == 6 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

/// Store buffering: both loads of 0 are what sequential consistency forbids.
fn flags(fences: bool) -> Model {
    Model::new("two flags", move || {
        let flags = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let other = model::spawn({
            let flags = Arc::clone(&flags);
            move || {
                flags.0.store(1, Relaxed);
                if fences {
                    Machine::fence(SeqCst);
                }
                flags.1.load(Relaxed)
            }
        });
        flags.1.store(1, Relaxed);
        let mine = flags.0.load(Relaxed);
        format!("{mine}{}", other.join().unwrap())
    })
}

fn consistent() -> Result<(), String> {
    for fences in [false, true] {
        let model = flags(fences);
        are(&tried(&model, &Random::new(1_000))?, &["01", "10", "11"])?;
        let few = Random::new(1_000).few_switches(2);
        are(&tried(&model, &few)?, &["01", "10", "11"])?;
    }
    Ok(())
}

/// Notes who comes first to a place that has no access but this.
fn race_to(point: fn()) -> Model {
    Model::new("a race", move || {
        let first = Rc::new(Cell::new(0));
        let arrive = move |first: &Cell<u32>, who| {
            point();
            if first.get() == 0 {
                first.set(who);
            }
        };
        let other = model::spawn({
            let first = first.clone();
            move || arrive(&first, 2)
        });
        arrive(&first, 1);
        other.join().unwrap();
        first.get()
    })
}

fn fence() -> Result<(), String> {
    let seen = tried(&race_to(|| Machine::fence(SeqCst)), &Random::new(200))?;
    are(&seen, &["1", "2"])
}

fn cell() -> Result<(), String> {
    use aqueduct::platform::Cell;
    type Slot = <Machine as Platform>::Cell<u32>;
    for act in [
        || Slot::new(0).with(|_| ()),
        || Slot::new(0).with_mut(|_| ()),
        || Slot::with_all(&[Slot::new(0)], |_| ()),
        || Slot::with_all_mut(&[Slot::new(0)], |_| ()),
    ] as [fn(); 4]
    {
        are(&tried(&race_to(act), &Random::new(200))?, &["1", "2"])?;
    }
    Ok(())
}

fn same_seed() -> Result<(), String> {
    let model = turns();
    let hows: [fn(Random) -> Random; 2] = [|how| how, |how| how.few_switches(3)];
    for how in hows {
        let runs = |seed| tried(&model, &how(Random::new(500)).seed(seed));
        let (one, two, other) = (runs(7)?, runs(7)?, runs(8)?);
        if one.outcomes != two.outcomes || one.outcomes == other.outcomes {
            return Err(format!("{one:?}, {two:?}, {other:?}"));
        }
    }
    // Without a seed each has its own, and says it.
    let (one, two) = (Random::new(500), Random::new(500));
    let (one, two) = (tried(&model, &one)?, tried(&model, &two)?);
    let again = tried(&model, &Random::new(500).seed(one.seed))?;
    let given = std::env::var_os("AQUEDUCT_SEED").is_some();
    if (given || one.seed != two.seed) && again.outcomes == one.outcomes {
        Ok(())
    } else {
        Err(format!("{one:?}, {two:?}, {again:?}"))
    }
}

/// The first thread starts so many others.
fn crowd(others: u32) -> Model {
    Model::new("a crowd", move || {
        let word = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..others)
            .map(|_| {
                let word = Arc::clone(&word);
                model::spawn(move || word.fetch_add(1, Relaxed))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        word.load(Relaxed)
    })
}

fn threads() -> Result<(), String> {
    are(&tried(&crowd(15), &Random::new(20))?, &["15"])?;
    are(
        &tried(&crowd(15), &Random::new(20).few_switches(2))?,
        &["15"],
    )?;
    let seventeen = crowd(16).random(&Random::new(20)).expect_err("too many");
    let six = crowd(5).explore().expect_err("too many");
    for (failure, most) in [(seventeen.failure, 16), (six, 5)] {
        let said = failure
            .to_string()
            .contains(&format!("more than {most} threads"));
        if failure.defect() != Some(Defect::Panic) || !said {
            return Err(failure.to_string());
        }
    }
    Ok(())
}

/// A process of three accesses: it does none, one, two, or all.
fn struck() -> Result<(), String> {
    let model = Model::new("three accesses", || {
        let word = Arc::new(AtomicU32::new(0));
        let process = model::process(3, {
            let word = Arc::clone(&word);
            move || {
                for _ in 0..3 {
                    word.fetch_add(1, Relaxed);
                }
            }
        });
        let returned = process.join().is_some();
        format!("{}, {returned}", word.load(Acquire))
    });
    let seen = tried(&model, &Random::new(400).killing(&[3]))?;
    are(&seen, &["0, false", "1, false", "2, false", "3, true"])?;
    let killed = seen
        .outcomes
        .iter()
        .filter(|(name, _)| name.ends_with("false"));
    let killed: usize = killed.map(|(_, runs)| runs).sum();
    let paused = tried(&model, &Random::new(400).pausing(&[3]))?;
    are(&paused, &["3, true"])?;
    if seen.struck == killed && paused.struck > 200 {
        Ok(())
    } else {
        Err(format!("{seen:?}, {paused:?}"))
    }
}

/// A push before a thread starts, one in it, and one after its end, or beside it; whether the pops
/// may come in this order.
fn pushes(beside: bool, pops: [u32; 3]) -> Model {
    Model::new("three pushes", move || {
        let history = History::new(Fifo::<u32>::unbounded());
        let push = |history: &History<_>, message| {
            history.call(Call::Push(message), || {
                Machine::fence(SeqCst);
                Answer::Done
            });
        };
        push(&history, 1);
        let other = model::spawn({
            let history = history.clone();
            move || push(&history, 2)
        });
        if beside {
            push(&history, 3);
            other.join().unwrap();
        } else {
            other.join().unwrap();
            push(&history, 3);
        }
        for message in pops {
            history.call(Call::Pop, || Answer::Message(message));
        }
        history.judge().is_ok()
    })
}

fn ordered() -> Result<(), String> {
    for (beside, pops, right) in [
        (true, [1, 2, 3], "true"),
        (true, [1, 3, 2], "true"),
        (true, [2, 1, 3], "false"), // the start orders 1 and 2
        (false, [1, 2, 3], "true"),
        (false, [1, 3, 2], "false"), // the end orders 2 and 3
    ] {
        are(&tried(&pushes(beside, pops), &Random::new(100))?, &[right])?;
    }
    Ok(())
}

/// How often two threads take turns in 200 accesses.
fn turns() -> Model {
    Model::new("turns", || {
        let turns = Rc::new(Cell::new((0, 0)));
        let word = Arc::new(AtomicU32::new(0));
        let run = |who: u32, word: &AtomicU32, turns: &Cell<(u32, u32)>| {
            for _ in 0..100 {
                word.fetch_add(1, Relaxed);
                let (last, count) = turns.get();
                turns.set((who, count + u32::from(last != who)));
            }
        };
        let other = model::spawn({
            let (word, turns) = (Arc::clone(&word), Rc::clone(&turns));
            move || run(1, &word, &turns)
        });
        run(2, &word, &turns);
        other.join().unwrap();
        turns.get().1
    })
}

fn few_switches() -> Result<(), String> {
    let turns_of = |seen: &Tried| -> Vec<u32> {
        let turns = seen.outcomes.keys();
        turns
            .map(|turns| turns.parse().expect("a number"))
            .collect()
    };
    let any = tried(&turns(), &Random::new(100))?;
    let few = tried(&turns(), &Random::new(100).few_switches(2))?;
    // One turn begins, one ends with a thread, and two are taken by force.
    if turns_of(&any).iter().all(|&turns| turns > 20)
        && turns_of(&few).iter().all(|&turns| turns <= 4)
    {
        Ok(())
    } else {
        Err(format!("{any:?}, {few:?}"))
    }
}
