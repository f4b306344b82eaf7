//! Models of `src/link/select.rs`: two links, and those who wake.

use crate::link::PATIENT;
use crate::{explore, one_more};
use aqueduct::link::local::channel;
use aqueduct::link::mailbox::{self, Capacity};
use aqueduct::link::select::{Few, Select, Selectable};
use aqueduct::link::{Ended, Receiver, Sender};
use aqueduct::link::{Link, local::Local};
use aqueduct::model::{self, Machine, Model};
use aqueduct::position;
use aqueduct::wait::{Patience, TimedOut};
use libtest_mimic::Trial;
use std::sync::Arc;
use std::time::Duration;

type OneSender = Sender<Local<Arc<Link<Machine, u32>>>>;
type OneReceiver = Receiver<Local<Arc<Link<Machine, u32>>>>;
type Source<'a> = &'a mut dyn Selectable<Machine, Output = Result<u32, Ended>>;

pub fn trials() -> Vec<Trial> {
    let explored = models().into_iter().map(|model| explore("select", model));
    explored.chain(one_more("select::long", models())).collect()
}

fn models() -> [Model; 4] {
    [
        two_wake().bound(1).outcomes(["[0, 1]", "[1, 0]"]),
        mixed().bound(1).outcomes(["[0, 1]", "[1, 0]"]),
        takes_turns().bound(2),
        expires().bound(2).outcomes(["None", "Some(1)"]),
    ]
}

fn one(capacity: usize) -> (OneSender, OneReceiver) {
    channel(position::Capacity::new(capacity).unwrap()).unwrap()
}

/// What comes next, and from which link.
fn next(select: &mut Select<'_, Machine, Source<'_>, Few<Machine>>) -> (usize, Result<u32, Ended>) {
    select.wait(PATIENT).expect("there is no deadline")
}

/// Two links to two who send a message each and go: both messages come, and both ends are told.
fn two_wake() -> Model {
    Model::new("two links, each to one that sends and goes", || {
        let ((mut first, mut zero), (mut second, mut one)) = (one(1), one(1));
        let sending = [
            model::spawn(move || first.send_with_patience(10, PATIENT).unwrap()),
            model::spawn(move || second.send_with_patience(11, PATIENT).unwrap()),
        ];
        let mut links: [Source<'_>; 2] = [&mut zero, &mut one];
        let mut select = Select::with_poller(&mut links, Few::new()).unwrap();
        let mut came = Vec::new();
        let mut ended = 0;
        while ended < 2 {
            match next(&mut select) {
                (index, Ok(message)) => {
                    assert_eq!(message as usize, 10 + index);
                    came.push(index);
                }
                (index, Err(why)) => {
                    assert_eq!(why, Ended::Closed);
                    select.leave_out(index);
                    ended += 1;
                }
            }
        }
        for thread in sending {
            thread.join().unwrap();
        }
        came
    })
}

/// A link from one to one, and a meeting point: the message of each comes.
fn mixed() -> Model {
    Model::new("a link and a meeting point", || {
        let (mut first, mut zero) = one(1);
        let (second, mut one) = mailbox::local::channel::<Machine, u32>(Capacity::Zero).unwrap();
        let sending = [
            model::spawn(move || first.send_with_patience(10, PATIENT).is_ok()),
            model::spawn(move || second.send_with_patience(11, PATIENT).is_ok()),
        ];
        let mut links: [Source<'_>; 2] = [&mut zero, &mut one];
        let mut select = Select::with_poller(&mut links, Few::new()).unwrap();
        let mut came = Vec::new();
        while came.len() < 2 {
            let (index, outcome) = next(&mut select);
            match outcome {
                Ok(message) => {
                    assert_eq!(message as usize, 10 + index);
                    came.push(index);
                }
                Err(_) => select.leave_out(index),
            }
        }
        for thread in sending {
            assert!(thread.join().unwrap());
        }
        came
    })
}

/// One link always has something, and another one now and then: that one has its turn.
fn takes_turns() -> Model {
    Model::new("a link that always has something, and another one", || {
        let ((mut first, mut zero), (mut second, mut one)) = (one(2), one(1));
        let busy = model::spawn(move || {
            for message in 0..4 {
                first.send_with_patience(message, PATIENT).unwrap();
            }
            first
        });
        second.send_with_patience(1, PATIENT).unwrap();
        let mut links: [Source<'_>; 2] = [&mut zero, &mut one];
        let mut select = Select::with_poller(&mut links, Few::new()).unwrap();
        let came: Vec<_> = (0..5).map(|_| next(&mut select).0).collect();
        let turn = came.iter().position(|&index| index == 1);
        assert!(matches!(turn, Some(0 | 1)), "{came:?}");
        busy.join().unwrap();
        turn
    })
}

/// The deadline passes at every moment: a message comes, or is there for the next time.
fn expires() -> Model {
    Model::new("a deadline of one that waits for two links", || {
        let ((_first, mut zero), (mut second, mut one)) = (one(1), one(1));
        let sending = model::spawn(move || {
            second.send_with_patience(1, PATIENT).unwrap();
            second
        });
        let timer = model::spawn(model::expire);
        let until = Patience {
            spins: 0,
            deadline: Some(Duration::from_secs(1)),
        };
        let came = {
            let mut links: [Source<'_>; 2] = [&mut zero, &mut one];
            let mut select = Select::with_poller(&mut links, Few::new()).unwrap();
            match select.wait(until) {
                Ok((1, Ok(message))) => Some(message),
                Err(TimedOut) => None,
                Ok(other) => panic!("{other:?}"),
            }
        };
        let _second = sending.join().unwrap();
        timer.join().unwrap();
        assert_eq!(one.try_recv().ok(), came.is_none().then_some(1));
        came
    })
}
