//! Models of `src/crowd.rs`: attachments of the ring of many that come, die, are settled and
//! followed. The locks of the seats are the kernel's, as in the models of links.

pub mod locks;
mod memory;

use crate::swept::CROWD;
use crate::{explore, kill, kill_twice, pause, sweep, without_order};
use aqueduct::model::{self, Model, Sweep, attempt};
use libtest_mimic::Trial;
use std::mem;
use std::sync::Arc;

use self::memory::{Crowd, crowd};

/// The process that is killed or paused, another one, and one that is dead from the first.
pub const STOPPED: u32 = 1;
pub const STOPPED_TOO: u32 = 41;
const DEAD: u32 = 42;
/// Those that die, at the latest when they have done what they had to do.
pub const DYING: [u32; 3] = [STOPPED, STOPPED_TOO, DEAD];
/// Those that do not.
const SURVIVOR: u32 = 9;
const SUCCESSOR: u32 = 10;

pub fn trials() -> Vec<Trial> {
    let killed = killed().map(|model| kill("crowd", model, &[STOPPED]));
    let unordered = [
        (producer_dies(), true),
        (consumer_dies(), false),
        (one_follows(), true),
    ];
    let unordered =
        unordered.map(|(model, needed)| without_order("crowd", model, needed, &[STOPPED]));
    let paused = settler_stops().outcomes(SETTLED);
    let paused = pause("crowd", paused, &[STOPPED]);
    let twice = killed_twice().map(|model| kill_twice("crowd", model, [STOPPED, STOPPED_TOO]));
    let come = both_come().outcomes(["0", "1"]);
    let come = [
        explore("crowd", come),
        explore("crowd", suspect_is_told_apart()),
        sweep("crowd", Sweep::new(CROWD, [both_come()])),
    ];
    let stopped = killed.into_iter().chain(unordered).chain([paused]);
    let all = come.into_iter().chain(stopped).chain(twice);
    all.chain(long()).collect()
}

/// The same with one preemption more.
fn long() -> impl Iterator<Item = Trial> {
    let killed = [producer_dies(), consumer_dies(), settler_stops()];
    let killed = killed.map(|model| model.bound(2)).into_iter();
    let killed = killed.chain([one_follows().bound(1).outcomes(FOLLOWED)]);
    let killed = killed.map(|model| kill("crowd::long", model, &[STOPPED]));
    let twice = settlers_die().bound(1);
    let twice = kill_twice("crowd::long", twice, [STOPPED, STOPPED_TOO]);
    let all = killed.chain([twice]);
    all.map(|trial| trial.with_ignored_flag(true))
}

pub fn killed() -> [Model; 4] {
    [
        producer_dies().outcomes([
            "busy, then full",
            "busy, then pushed",
            "full, then full",
            "pushed, then pushed",
        ]),
        consumer_dies().outcomes([
            "[1, 2], marked: false",
            "[1, 2], marked: true",
            "[1], marked: false",
            "[2], marked: false",
        ]),
        one_follows().outcomes(FOLLOWED[..3].to_vec()),
        settler_stops().outcomes([
            "busy, killed",
            "busy, pushed",
            "full, killed",
            "full, pushed",
            "pushed, busy",
            "pushed, full",
            "pushed, killed",
        ]),
    ]
}

pub fn killed_twice() -> [Model; 2] {
    [
        settlers_die().outcomes([
            "[None, None], pushed",
            "[None, Some(\"pushed\")], full",
            "[Some(\"pushed\"), None], full",
            "[Some(\"pushed\"), Some(\"full\")], full",
        ]),
        seat_is_skipped().outcomes([
            "[None, None], [(3, false)]",
            "[None, None], [(3, true)]",
            "[None, Some((1, true))], []",
            "[None, Some((2, true))], []",
            "[Some((1, false)), None], [(3, false)]",
            "[Some((1, false)), None], [(3, true)]",
            "[Some((1, false)), Some((1, true))], []",
            "[Some((1, false)), Some((2, true))], []",
            "[Some((2, false)), None], [(3, false)]",
            "[Some((2, false)), None], [(3, true)]",
            "[Some((2, false)), Some((1, true))], []",
        ]),
    ]
}

/// The seat of the one that follows, and what its push and the survivor's came to.
const FOLLOWED: [&str; 6] = [
    "seat 1, busy, pushed",
    "seat 1, full, pushed",
    "seat 1, pushed, pushed",
    // The dead one's is not free yet.
    "seat 2, busy, pushed",
    "seat 2, full, pushed",
    "seat 2, pushed, pushed",
];

/// What the survivor's push came to, and that of the one that settled and stood still.
const SETTLED: [&str; 4] = [
    "busy, pushed",
    "full, pushed",
    "pushed, busy",
    "pushed, full",
];

/// Two that come at the same time have different seats, and both are looked at.
pub fn both_come() -> Model {
    Model::new("two attachments come", || {
        let crowd = crowd(1);
        let coming = model::spawn({
            let crowd = Arc::clone(&crowd);
            move || crowd.attach(SUCCESSOR)
        });
        let _member = crowd.attach(SURVIVOR);
        let other = coming.join().unwrap();
        format!("{}", other.number())
    })
}

/// A process that attaches, pushes its number, and dies, at the latest after that.
fn doomed_pusher(crowd: &Arc<Crowd>, process: u32) -> model::Process<&'static str> {
    let crowd = Arc::clone(crowd);
    model::process(process, move || {
        let member = crowd.attach(process);
        let pushed = member.push(process);
        mem::forget(member);
        pushed
    })
}

/// One that seems dead is told apart from its successor: by how many have held the seat.
pub fn suspect_is_told_apart() -> Model {
    let told = [0, 2].map(|seats| format!("{{ seats: {seats}, epochs: {} }}", seats / 2));
    Model::new("one that dies is suspected", || {
        let crowd = crowd(1);
        let survivor = crowd.attach(SURVIVOR);
        let dying = model::process(STOPPED, {
            let crowd = Arc::clone(&crowd);
            move || mem::forget(crowd.attach(STOPPED))
        });
        let seen = survivor.suspects();
        dying.join();
        assert!(survivor.suspects().is_empty(), "it is settled");
        format!("{seen:?}").replace("Suspects ", "")
    })
    .bound(2)
    .outcomes(told)
}

/// One that attaches and pushes dies: a survivor settles it when it meets its claim, and the ring
/// holds as much as before.
fn producer_dies() -> Model {
    Model::new("an attachment that pushes dies", || {
        let crowd = crowd(1);
        let survivor = crowd.attach(SURVIVOR);
        let dying = doomed_pusher(&crowd, STOPPED);
        let early = survivor.push(2);
        let returned = dying.join();
        let late = if early == "pushed" {
            early
        } else {
            survivor.push(2)
        };
        let all = survivor.rest();
        let found = (returned, late, all.as_slice());
        let right = matches!(
            found,
            (Some("pushed") | None, "full", [(1, false)])
                | (Some("full" | "busy") | None, "pushed", [(2, false)])
        );
        assert!(right, "{found:?}");
        assert_eq!(
            (survivor.push(3), survivor.pop()),
            ("pushed", Some((3, false)))
        );
        format!("{early}, then {late}")
    })
    .bound(1)
}

/// One that attaches and takes a message dies: the message is there again, marked, or went with it.
fn consumer_dies() -> Model {
    Model::new("an attachment that takes dies", || {
        let crowd = crowd(2);
        let survivor = crowd.attach(SURVIVOR);
        assert_eq!([1, 2].map(|n| survivor.push(n)), ["pushed"; 2]);
        let dying = model::process(STOPPED, {
            let crowd = Arc::clone(&crowd);
            move || {
                let member = crowd.attach(STOPPED);
                let popped = member.pop();
                mem::forget(member);
                popped
            }
        });
        let early = survivor.pop();
        let returned = dying.join();
        let mut all: Vec<(u32, bool)> = early.into_iter().chain(survivor.rest()).collect();
        all.sort_unstable();
        let marked = all.iter().any(|&(_, again)| again);
        let numbers: Vec<u32> = all.into_iter().map(|(number, _)| number).collect();
        match (returned, numbers.as_slice()) {
            // It was killed with the message in hand, or before or after that.
            (None, [1, 2]) => {}
            (None | Some(Some((1, false))), [2]) | (None | Some(Some((2, false))), [1]) => {
                assert!(!marked);
            }
            (Some(None), [1, 2]) => assert!(!marked),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            [3, 4, 5].map(|n| survivor.push(n)),
            ["pushed", "pushed", "full"]
        );
        format!("{numbers:?}, marked: {marked}")
    })
    .bound(1)
}

/// One dies, and while a survivor settles what it held another one comes and may get its seat: what
/// that one claims is not taken for the dead one's.
fn one_follows() -> Model {
    Model::new("an attachment that dies is followed", || {
        let crowd = crowd(2);
        let survivor = crowd.attach(SURVIVOR);
        let dying = doomed_pusher(&crowd, STOPPED);
        let following = model::spawn({
            let crowd = Arc::clone(&crowd);
            move || {
                let member = crowd.attach(SUCCESSOR);
                let (number, pushed) = (member.number(), member.push(2));
                member.leave();
                (number, pushed)
            }
        });
        let early = survivor.push(3);
        let returned = dying.join();
        let (number, second) = following.join().unwrap();
        let numbers: Vec<u32> = survivor.rest().into_iter().map(|(n, _)| n).collect();
        assert!(returned != Some("pushed") || numbers.contains(&1));
        assert_eq!(second == "pushed", numbers.contains(&2));
        assert_eq!(early == "pushed", numbers.contains(&3));
        assert_eq!(
            [4, 5, 6].map(|n| survivor.push(n)),
            ["pushed", "pushed", "full"]
        );
        format!("seat {number}, {second}, {early}")
    })
    .bound(0)
}

/// One has died with a claim; who meets it dies as well, and who meets that one's; a last one settles
/// all three, and their seats are there for others.
pub fn settlers_die() -> Model {
    Model::new(
        "who settles for a dead one dies, and who settles for it",
        || {
            let crowd = crowd(1);
            let survivor = crowd.attach(SURVIVOR);
            die_with_a_claim(&crowd);
            let processes = [STOPPED, STOPPED_TOO].map(|process| doomed_pusher(&crowd, process));
            let returned = processes.map(model::Process::join);
            let late = survivor.push(3);
            let all = survivor.rest();
            assert_eq!(all.len(), 1, "{all:?}");
            assert_eq!(late == "pushed", all == [(3, false)]);
            assert_eq!(late == "full", all != [(3, false)]);
            let next = [7, 8, 9].map(|process| crowd.attach(process));
            assert_eq!(next.map(|member| member.number()), [1, 2, 3]);
            format!("{returned:?}, {late}")
        },
    )
    .bound(0)
}

/// A process attaches, claims a slot, and dies.
fn die_with_a_claim(crowd: &Arc<Crowd>) {
    let crowd = Arc::clone(crowd);
    let dead = model::process(DEAD, move || {
        let member = crowd.attach(DEAD);
        member.claim_and_forget();
        mem::forget(member);
    });
    dead.join();
}

/// One dies before it has sat down, and another one, which meanwhile took the next seat, with a
/// message in hand: a survivor finds that although a seat before it was never held.
pub fn seat_is_skipped() -> Model {
    Model::new("an attachment dies behind a seat that nobody held", || {
        let crowd = crowd(1);
        let survivor = crowd.attach(SURVIVOR);
        assert_eq!(survivor.push(3), "pushed");
        let processes = [STOPPED, STOPPED_TOO].map(|process| {
            let crowd = Arc::clone(&crowd);
            model::process(process, move || {
                let member = crowd.attach(process);
                let popped = (process == STOPPED_TOO).then(|| member.pop());
                let number = member.number();
                mem::forget(member);
                (number, popped.flatten().is_some())
            })
        });
        let returned = processes.map(model::Process::join);
        let rest = survivor.rest();
        match (returned[1], rest.as_slice()) {
            (None, [] | [(3, _)]) | (Some((_, true)), []) | (Some((_, false)), [(3, false)]) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!([4, 5].map(|n| survivor.push(n)), ["pushed", "full"]);
        format!("{returned:?}, {rest:?}")
    })
    .bound(1)
}

/// Whoever settles what a dead one held stands still; others go on, or are told that it has not
/// finished.
fn settler_stops() -> Model {
    Model::new("one that comes and settles stands still", || {
        let crowd = crowd(1);
        let survivor = crowd.attach(SURVIVOR);
        die_with_a_claim(&crowd);
        let settling = model::process(STOPPED, {
            let crowd = Arc::clone(&crowd);
            move || {
                let member = crowd.attach(STOPPED);
                let pushed = member.push(1);
                member.leave();
                pushed
            }
        });
        let early = attempt(60, || survivor.push(2));
        let first = settling.join();
        let all = survivor.rest();
        let found = (early, first, all.as_slice());
        let right = matches!(
            found,
            ("pushed", Some("busy" | "full") | None, [(2, false)])
                | ("busy" | "full", Some("pushed") | None, [(1, false)])
                | ("busy" | "full", None, [])
        );
        assert!(right, "{found:?}");
        format!("{early}, {}", first.unwrap_or("killed"))
    })
    .bound(1)
}
