//! Models of `src/wait/bell.rs`: one who publishes and rings, and one who sleeps until there is news.
//!
//! The machine rings lightly after one ring in vain, so that a model of four messages goes through all
//! that a bell can be.

use crate::link::PATIENT;
use crate::swept::BELL;
use crate::{explore, sweep};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::platform::Ordering::{Acquire, Release};
use aqueduct::platform::{Atomic, Platform};
use aqueduct::wait::{Attempt, Bell, Ringer, wait};
use libtest_mimic::Trial;
use std::rc::Rc;

struct Shared {
    bell: Bell<Machine>,
    news: <Machine as Platform>::AtomicU32,
}

/// Publishes so many messages, each with a ring.
fn publish(shared: &Shared, count: u32) {
    let mut ringer = Ringer::default();
    for number in 1..=count {
        shared.news.store(number, Release);
        ringer.ring(&shared.bell);
    }
}

/// Waits for each message in turn; how often more than one had come by then.
fn wait_for_all(shared: &Shared, count: u32) -> usize {
    let mut together = 0;
    for number in 1..=count {
        let news = wait::<Machine, _>(&shared.bell, PATIENT, |_| match shared.news.load(Acquire) {
            news if news >= number => Attempt::Done(news),
            _ => Attempt::Pending,
        });
        together += usize::from(news.unwrap() > number);
    }
    together
}

/// So many messages, of a ringer that rings lightly when it can.
pub fn messages(count: u32) -> Model {
    let name = format!("a bell, {count} messages");
    Model::new(name, move || {
        let (shared, ringing) = ringing(count);
        let together = wait_for_all(&shared, count);
        ringing.join().unwrap();
        together
    })
}

/// The sleeper may make no heavy fence, so it looks again when some time has passed.
fn without_permission(count: u32) -> Model {
    let name = format!("a bell, {count} messages, no heavy fences");
    let model = Model::new(name, move || {
        let clock = model::spawn(model::expire);
        let (shared, ringing) = ringing(count);
        let together = wait_for_all(&shared, count);
        ringing.join().unwrap();
        clock.join().unwrap();
        together
    });
    model.without_heavy_fences()
}

/// A bell, and one who rings it so often.
fn ringing(count: u32) -> (Rc<Shared>, model::JoinHandle<()>) {
    let shared = Rc::new(Shared {
        bell: Bell::new(),
        news: Atomic::new(0),
    });
    let ringing = model::spawn({
        let shared = Rc::clone(&shared);
        move || publish(&shared, count)
    });
    (shared, ringing)
}

pub fn trials() -> Vec<Trial> {
    let explored = [
        messages(2).bound(3),
        messages(4).bound(2),
        without_permission(3).bound(1),
    ];
    let explored = explored.map(|model| explore("bell", model));
    let long = [messages(5).bound(3), without_permission(3).bound(2)];
    let long = long.map(|model| explore("bell::long", model).with_ignored_flag(true));
    let swept = [2, 3].map(|bound| messages(4).bound(bound));
    let swept = Sweep::new(BELL, [messages(2).bound(2)].into_iter().chain(swept));
    explored
        .into_iter()
        .chain([sweep("bells", swept)])
        .chain(long)
        .collect()
}
