//! The meeting point against a rendezvous. A consumer that waits does so until it is told that
//! nothing is on its way.

use crate::rendezvous::{Point, consumer, point, producer};
use aqueduct::buffer::rendezvous::{PopError, Withdraw};
use aqueduct::model::specification::{Answer, Call, Rendezvous};
use aqueduct::model::{self, History, Machine, Model};
use aqueduct::platform::Platform as _;

type Calls = History<Rendezvous<u32>>;

pub fn models() -> Vec<Model> {
    vec![
        offers_and_wait().at_least(5_000),
        push_and_wait().at_least(5_000),
        two_offer().at_least(50_000),
    ]
}

/// Offers a message until it is taken, or withdrawn.
fn offer(history: &Calls, point: &Point, owner: u16) {
    let producer = producer(point, owner);
    history.call(Call::Push(owner.into()), || {
        let Ok(mut offer) = producer.offer(owner.into()) else {
            return Answer::Full;
        };
        loop {
            match offer.withdraw().expect("nobody breaks the word") {
                Withdraw::Back(_) => return Answer::Full,
                Withdraw::Taken => return Answer::Done,
                Withdraw::Busy(_) => Machine::spin(),
            }
        }
    });
}

/// Gives a message to one who waits.
fn push(history: &Calls, point: &Point, owner: u16) {
    let producer = producer(point, owner);
    history.call(Call::Push(owner.into()), || {
        match producer.push(owner.into()) {
            Ok(()) => Answer::Done,
            Err(_) => Answer::Full,
        }
    });
}

/// Takes a message, and waits for it for a moment.
fn wait(history: &Calls, point: &Point, owner: u16) {
    let consumer = consumer(point, owner);
    history.call(Call::Pop, || {
        let want = consumer.want().expect("nobody breaks the word");
        loop {
            match consumer.pop() {
                Ok(popped) => return Answer::Message(popped.message),
                Err(PopError::Corrupt(_)) => panic!("corrupt"),
                Err(PopError::Empty | PopError::Busy(_)) => {}
            }
            let Some(want) = &want else {
                return Answer::Empty;
            };
            if consumer.give_up(want).expect("nobody breaks the word") {
                return Answer::Empty;
            }
            Machine::spin();
        }
    });
}

/// One offers twice, one waits twice.
fn offers_and_wait() -> Model {
    Model::new("point: two offers, two that wait", || {
        let (point, history) = (point(), History::new(Rendezvous::new()));
        let offering = model::spawn({
            let (point, history) = (point.clone(), history.clone());
            move || {
                offer(&history, &point, 1);
                offer(&history, &point, 1);
            }
        });
        wait(&history, &point, 2);
        wait(&history, &point, 2);
        offering.join().unwrap();
        history.check();
    })
    .bound(1)
}

/// One pushes and offers, one waits twice.
fn push_and_wait() -> Model {
    Model::new("point: a push and an offer, two that wait", || {
        let (point, history) = (point(), History::new(Rendezvous::new()));
        let pushing = model::spawn({
            let (point, history) = (point.clone(), history.clone());
            move || {
                push(&history, &point, 1);
                offer(&history, &point, 1);
            }
        });
        wait(&history, &point, 2);
        wait(&history, &point, 2);
        pushing.join().unwrap();
        history.check();
    })
    .bound(2)
}

/// Two offer, one waits.
fn two_offer() -> Model {
    Model::new("point: two offer, one waits", || {
        let (point, history) = (point(), History::new(Rendezvous::new()));
        let offering = [1, 2].map(|owner| {
            let (point, history) = (point.clone(), history.clone());
            model::spawn(move || offer(&history, &point, owner))
        });
        wait(&history, &point, 3);
        for thread in offering {
            thread.join().unwrap();
        }
        history.check();
    })
    .bound(1)
}
