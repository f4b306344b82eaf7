//! Models of `src/buffer/rendezvous.rs`. Turns have two bits here, and start just before they wrap.

mod meeting;
mod stopped;

use crate::swept::RENDEZVOUS;
use crate::{explore, histories, one_more, sweep, without_bound};
use aqueduct::buffer::Owner;
use aqueduct::buffer::rendezvous::{
    Consumer, PopError, Producer, PushError, Rendezvous, Want, Withdraw,
};
use aqueduct::model::{self, Machine, Sweep};
use libtest_mimic::Trial;
use std::sync::Arc;

/// The bits of a turn.
const TURNS: u32 = 2;
pub type Point = Arc<Rendezvous<Machine, u32, TURNS>>;
type Giving = Producer<Point, TURNS>;
type Taking = Consumer<Point, TURNS>;

pub fn trials() -> Vec<Trial> {
    let models = || {
        [meeting::of_two(), meeting::of_more()]
            .into_iter()
            .flatten()
    };
    let explored = models().map(|model| explore("rendezvous", model));
    let [first, files @ ..] = RENDEZVOUS;
    let all = files
        .into_iter()
        .fold(Sweep::new(first, to_sweep()), Sweep::and);
    let long = models().chain(histories::point::models());
    let longest = explore("rendezvous::long", meeting::long()).with_ignored_flag(true);
    explored
        .chain([sweep("rendezvous", all), longest])
        .chain(stopped::trials())
        .chain(one_more("rendezvous::long", long))
        .chain(without_bound("rendezvous::long in full", meeting::of_two()))
        .collect()
}

/// What fails without one of the orderings.
fn to_sweep() -> Vec<model::Model> {
    let mut models = meeting::to_sweep();
    models.extend(stopped::to_sweep());
    models
}

/// A point where nobody is, drawn where a model fails.
pub fn point() -> Point {
    let point: Point = Arc::new(Rendezvous::new(3));
    let drawn = Arc::clone(&point);
    model::watch(move || format!("{drawn:?}"));
    point
}

/// A producer of the attachment with this number.
pub fn producer(point: &Point, owner: u16) -> Giving {
    // SAFETY: each model gives every process or thread a number of its own, or recovers first.
    unsafe { Producer::attach(Arc::clone(point), Owner::new(owner)) }
}

/// A consumer of the attachment with this number.
pub fn consumer(point: &Point, owner: u16) -> Taking {
    // SAFETY: as above; all messages are numbers.
    unsafe { Consumer::attach(Arc::clone(point), Owner::new(owner)) }
}

/// Gives a message to one who waits; says what came of it.
pub fn push(producer: &Giving, message: u32) -> &'static str {
    match producer.push(message) {
        Ok(()) => "pushed",
        Err(why) => refused(why, message),
    }
}

/// Offers a message, and withdraws it if nobody has come.
pub fn offer(producer: &Giving, message: u32) -> &'static str {
    let mut offer = match producer.offer(message) {
        Ok(offer) => offer,
        Err(why) => return refused(why, message),
    };
    match offer.withdraw().expect("nobody breaks the word") {
        Withdraw::Back(back) => {
            assert_eq!(back, message);
            "withdrawn"
        }
        Withdraw::Taken => "taken",
        Withdraw::Busy(_) => "in other hands",
    }
}

fn refused(why: PushError<u32>, message: u32) -> &'static str {
    match why {
        PushError::Full(back) => {
            assert_eq!(back, message);
            "full"
        }
        PushError::Busy(back, _) => {
            assert_eq!(back, message);
            "busy"
        }
        PushError::Corrupt(_) => panic!("corrupt"),
    }
}

/// Takes a message; says what it is, and whether it is marked.
pub fn pop(consumer: &Taking) -> Option<(u32, bool)> {
    match consumer.pop() {
        Ok(popped) => Some((popped.message, popped.maybe_redelivered)),
        Err(PopError::Empty | PopError::Busy(_)) => None,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    }
}

/// How long a consumer has waited in vain.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited {
    /// It was not the one that waits.
    Not,
    /// It has given up.
    GivenUp,
    /// A message is on its way.
    Owed,
}

/// Takes a message, waiting for a moment.
pub fn wait_and_pop(consumer: &Taking) -> Result<u32, Waited> {
    let want = consumer.want().expect("nobody breaks the word");
    if let Some((message, _)) = pop(consumer) {
        return Ok(message);
    }
    Err(give_up(consumer, want.as_ref()))
}

pub fn give_up(consumer: &Taking, want: Option<&Want>) -> Waited {
    let Some(want) = want else {
        return Waited::Not;
    };
    if consumer.give_up(want).expect("nobody breaks the word") {
        Waited::GivenUp
    } else {
        Waited::Owed
    }
}

/// What lies there when nobody else is at work.
pub fn rest(point: &Point) -> Vec<u32> {
    let consumer = consumer(point, 99);
    let rest = std::iter::from_fn(|| match consumer.pop() {
        Ok(popped) => Some(popped.message),
        Err(PopError::Empty) => None,
        Err(error) => panic!("{error}"),
    });
    rest.collect()
}
