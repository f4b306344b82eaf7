//! A producer or a consumer is killed, or stands still, at each of its accesses.

use super::{Point, consumer, offer, point, pop, producer, push, rest, wait_and_pop};
use crate::{kill, kill_twice, pause};
use aqueduct::buffer::Owner;
use aqueduct::buffer::rendezvous::Withdraw;
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;
use std::sync::Arc;

/// The process that is killed or paused, and its attachment.
const STOPPED: u32 = 1;
/// Another one.
const STOPPED_TOO: u32 = 2;

pub fn trials() -> Vec<Trial> {
    let one = killed().map(|model| kill("rendezvous", model, &[STOPPED]));
    let paused = paused().map(|model| pause("rendezvous", model, &[STOPPED]));
    let twice = settler_dies().outcomes([
        "None, None, false",
        "None, None, true",
        "None, Some(false), false",
        "None, Some(false), true",
        "None, Some(true), false",
        RECEIVED,
        "Some(Some((1, false))), None, false",
    ]);
    let twice = kill_twice("rendezvous", twice, [STOPPED, STOPPED_TOO]);
    let settling = settler_dies().outcomes([RECEIVED]);
    let settling = pause("rendezvous", settling, &[STOPPED_TOO]);
    let long = killed().map(|model| kill("rendezvous::long", model.bound(2), &[STOPPED]));
    let long = long.map(|trial| trial.with_ignored_flag(true));
    let all = one.into_iter().chain(paused);
    all.chain([twice, settling]).chain(long).collect()
}

/// Nobody died.
const RECEIVED: &str = "Some(Some((1, false))), Some(false), false";

fn killed() -> [Model; 4] {
    [
        producer_stops().outcomes([
            "None, 0 settled, None, [1]",
            "None, 0 settled, None, []",
            "None, 0 settled, Some((1, false)), []",
            "None, 1 settled, None, [1]",
            "None, 1 settled, None, []",
            "Some(\"withdrawn\"), 0 settled, None, []",
        ]),
        pusher_stops().outcomes([
            "None, 0 settled, None, gone: true, []",
            "None, 1 settled, None, gone: false, []",
            "Some(\"full\"), 0 settled, None, gone: true, []",
            "Some(\"pushed\"), 0 settled, None, gone: false, [1]",
            "Some(\"pushed\"), 0 settled, Some((1, false)), gone: false, []",
        ]),
        consumer_stops().outcomes([
            "Back(1), None",
            "Back(1), Some(Err(GivenUp))",
            "Back(1), Some(Err(Not))",
            "Taken, Some(Ok(1))",
        ]),
        place_of_the_dead().outcomes([
            "0 settled, busy",
            "0 settled, full",
            "0 settled, withdrawn",
            "1 settled, busy",
            "1 settled, withdrawn",
        ]),
    ]
}

fn paused() -> [Model; 4] {
    [
        producer_stops().outcomes([
            "Some(\"taken\"), 0 settled, Some((1, false)), []",
            "Some(\"withdrawn\"), 0 settled, None, []",
        ]),
        pusher_stops().outcomes([
            "Some(\"full\"), 0 settled, None, gone: true, []",
            "Some(\"pushed\"), 0 settled, None, gone: false, [1]",
            "Some(\"pushed\"), 0 settled, Some((1, false)), gone: false, []",
        ]),
        settler_stops().outcomes(["full, Some(1)", "pushed, Some(0)"]),
        consumer_stops().outcomes([
            "Back(1), Some(Err(GivenUp))",
            "Back(1), Some(Err(Not))",
            "Back(1), Some(Err(Owed))",
            "Taken, Some(Ok(1))",
        ]),
    ]
}

/// What fails without an ordering of the recovery.
pub fn to_sweep() -> Vec<Model> {
    vec![place_of_the_dead().bound(2).killed(STOPPED, 3)]
}

/// Settles what the victim held, which has ended.
fn recover(point: &Point) -> usize {
    // SAFETY: it was joined, or is known to be dead, and nobody else has its number.
    unsafe { point.recover(Owner::new(1)) }.unwrap()
}

/// A producer stops: its message is received whole, or not at all; and the point is there for
/// others.
fn producer_stops() -> Model {
    Model::new("a producer that stops", || {
        let point = point();
        let offering = model::process(STOPPED, {
            let producer = producer(&point, 1);
            move || offer(&producer, 1)
        });
        let early = attempt(30, || pop(&consumer(&point, 2)));
        let told = offering.join();
        let settled = recover(&point);
        let late = rest(&point);
        let found = (told, early, late.as_slice());
        let right = matches!(
            found,
            (None, None, [] | [1])
                | (Some("withdrawn"), None, [])
                | (
                    None | Some("taken" | "in other hands"),
                    Some((1, false)),
                    []
                )
        );
        assert!(right, "{found:?}");
        assert_eq!(offer(&producer(&point, 3), 2), "withdrawn");
        format!("{told:?}, {settled} settled, {early:?}, {late:?}")
    })
    .bound(1)
}

/// One that pushes stops: whoever waits is not kept from others, and a message that was given is
/// there.
fn pusher_stops() -> Model {
    Model::new("one that pushes and stops", || {
        let point = point();
        let consumer = consumer(&point, 2);
        let want = consumer.want().unwrap().expect("nobody is there");
        let pushing = model::process(STOPPED, {
            let producer = producer(&point, 1);
            move || push(&producer, 1)
        });
        let early = attempt(30, || pop(&consumer));
        let gone = early.is_none() && attempt(30, || consumer.give_up(&want)).unwrap();
        let told = pushing.join();
        let settled = recover(&point);
        let late = rest(&point);
        let found = (told, early, gone, late.as_slice());
        let right = matches!(
            found,
            (None | Some("full"), None, true, [])
                | (None, None, false, [] | [1])
                | (Some("pushed"), None, false, [1])
                | (None | Some("pushed"), Some((1, false)), _, [])
        );
        assert!(right, "{found:?}");
        format!("{told:?}, {settled} settled, {early:?}, gone: {gone}, {late:?}")
    })
    .bound(1)
}

/// One that waits and takes stops: what it has not received comes back to its producer, and nothing
/// is given to it any more.
fn consumer_stops() -> Model {
    Model::new("a consumer that stops", || {
        let point = point();
        let waiting = model::process(STOPPED, {
            let consumer = consumer(&point, 1);
            move || wait_and_pop(&consumer)
        });
        let producer = producer(&point, 2);
        let mut offer = producer.offer(1).expect("nobody has put anything there");
        let early = attempt(30, || offer.withdraw()).unwrap();
        let popped = waiting.join();
        recover(&point);
        let fate = match early {
            Withdraw::Busy(_) => offer.withdraw().unwrap(),
            early => early,
        };
        let found = (&fate, &popped);
        let right = matches!(
            found,
            (Withdraw::Taken, Some(Ok(1))) | (Withdraw::Back(1), None | Some(Err(_)))
        );
        assert!(right, "{found:?}");
        assert!(rest(&point).is_empty());
        assert_eq!(push(&producer, 3), "full");
        format!("{fate:?}, {popped:?}")
    })
    .bound(1)
}

/// A producer dies while it puts its message down; two others settle that if they know of it, and
/// one offers its own.
fn place_of_the_dead() -> Model {
    Model::new("the place of a dead producer", || {
        let point = point();
        let dying = model::process(STOPPED, {
            let producer = producer(&point, 1);
            move || producer.offer(1).map(|_| ()).is_ok()
        });
        let settle = |point: &Point| model::is_dead(STOPPED).then(|| recover(point));
        let settling = model::spawn({
            let point = Arc::clone(&point);
            move || settle(&point)
        });
        let settled = settle(&point);
        let told = offer(&producer(&point, 2), 2);
        let settled_too = settling.join().unwrap();
        dying.join();
        let late = recover(&point);
        let settled = [settled, settled_too, Some(late)].into_iter().flatten();
        let settled: usize = settled.sum();
        let left = rest(&point);
        let found = (told, left.as_slice());
        let right = matches!(found, ("withdrawn" | "busy", [] | [1]) | ("full", [1]));
        assert!(right, "{found:?}");
        format!("{settled} settled, {told}")
    })
    .bound(1)
}

/// A consumer dies, and so does whoever settles what it held; a third one finishes that, and the
/// message is with somebody.
fn settler_dies() -> Model {
    Model::new("a consumer that dies, and who settles for it", || {
        let point = point();
        let producer = producer(&point, 3);
        let mut offered = producer.offer(1).expect("nobody is there");
        let consuming = model::process(STOPPED, {
            let consumer = consumer(&point, 1);
            move || pop(&consumer)
        });
        let settling = model::process(STOPPED_TOO, {
            let point = Arc::clone(&point);
            move || model::is_dead(STOPPED) && recover(&point) > 0
        });
        let popped = consuming.join();
        let settled = settling.join();
        let settled_late = recover(&point) > 0;
        let kept = match offered.withdraw().unwrap() {
            Withdraw::Back(1) => true,
            Withdraw::Taken => false,
            other => panic!("{other:?}"),
        };
        assert_eq!(kept, popped.flatten().is_none());
        format!("{popped:?}, {settled:?}, {settled_late}")
    })
    .bound(1)
}

/// Whoever settles that a dead one wanted a message stands still: what is pushed meanwhile is there.
fn settler_stops() -> Model {
    Model::new("one that settles a wish and stops", || {
        let point = point();
        // A process that died while it waited.
        let want = consumer(&point, 2).want().unwrap();
        assert!(want.is_some());
        let settling = model::process(STOPPED, {
            let point = Arc::clone(&point);
            // SAFETY: nobody else has its number.
            move || unsafe { point.recover(Owner::new(2)) }.unwrap()
        });
        let told = attempt(30, || push(&producer(&point, 3), 1));
        let settled = settling.join();
        assert_eq!(rest(&point) == [1], told == "pushed");
        format!("{told}, {settled:?}")
    })
    .bound(1)
}
