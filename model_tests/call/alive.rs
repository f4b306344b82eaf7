//! Nobody dies: who gives up, answers late, in another order, or goes.

use super::{Letter, PATIENT, UNTIL_EXPIRY, ask, next};
use aqueduct::link::call::{CallError, Client, ReplyBox};
use aqueduct::link::mailbox::local::{Local, channel};
use aqueduct::link::mailbox::{Capacity, Receiver};
use aqueduct::link::{Ended, SendError, SendTimeoutError};
use aqueduct::model::{self, Machine, Model};
use aqueduct::wait::Patience;

type Hold = Local<Machine, Letter>;

pub fn models() -> [Model; 4] {
    [
        two_calls().bound(1),
        given_up().outcomes(["Err(Unanswered)", "Ok(1)"]).bound(1),
        other_order().bound(2),
        server_goes().bound(2),
    ]
}

/// One that asks, in a mailbox for so many questions, and what its server has.
fn ends(questions: usize) -> (Client<Hold, Hold>, Receiver<Hold>, ReplyBox<Hold>) {
    let (asking, questions) = channel(Capacity::Bounded(questions)).unwrap();
    let (answering, answers) = channel(Capacity::Bounded(1)).unwrap();
    let reply_box = ReplyBox::new(answering, answers.clone());
    (Client::new(asking, answers, 0), questions, reply_box)
}

/// Two calls, one after another: each has its answer.
fn two_calls() -> Model {
    Model::new("two calls", || {
        let (mut client, questions, mut reply_box) = ends(1);
        let serving = model::spawn(move || {
            for _ in 0..2 {
                reply_box.answer(next(&questions), PATIENT).unwrap();
            }
            questions
        });
        for message in [1, 2] {
            assert_eq!(ask(&mut client, message, PATIENT), Ok(message));
        }
        serving.join().unwrap();
    })
}

/// The deadline of a call passes at every moment: what is answered late is not taken for the answer to
/// the next call, and is in nobody's way.
fn given_up() -> Model {
    Model::new("a call that is given up, and another one", || {
        let (mut client, questions, mut reply_box) = ends(1);
        let serving = model::spawn(move || {
            for _ in 0..2 {
                reply_box.answer(next(&questions), PATIENT).unwrap();
            }
            questions
        });
        let timer = model::spawn(model::expire);
        let first = ask(&mut client, 1, UNTIL_EXPIRY);
        assert_eq!(ask(&mut client, 2, PATIENT), Ok(2));
        serving.join().unwrap();
        timer.join().unwrap();
        format!("{first:?}")
    })
}

/// Two calls are given up, unless they are answered at once, and answered while the client does
/// something else: the server is not kept. To answer both at once takes two preemptions.
pub fn nobody_takes(bound: usize) -> Model {
    let outcomes = [
        "[Err(Unanswered), Err(Unanswered)]",
        "[Err(Unanswered), Ok(2)]",
        "[Ok(1), Err(Unanswered)]",
        "[Ok(1), Ok(2)]",
    ];
    let seen = outcomes.into_iter().take(outcomes.len().min(bound + 2));
    let model = Model::new("answers that nobody takes", || {
        let (mut client, questions, mut reply_box) = ends(2);
        let serving = model::spawn(move || {
            for _ in 0..2 {
                reply_box.answer(next(&questions), PATIENT).unwrap();
            }
            (questions, reply_box)
        });
        let given_up = [1, 2].map(|message| ask(&mut client, message, Patience::AT_ONCE));
        let _server = serving.join().unwrap();
        assert_eq!(
            ask(&mut client, 3, Patience::AT_ONCE),
            Err(CallError::Unanswered)
        );
        format!("{given_up:?}")
    });
    model.bound(bound).outcomes(seen)
}

/// The later of two questions is answered first: the older answer does not take the place of its own.
fn other_order() -> Model {
    Model::new("two calls are answered in the other order", || {
        let (mut client, questions, mut reply_box) = ends(2);
        let serving = model::spawn(move || {
            let [first, second] = [(); 2].map(|()| next(&questions));
            for question in [second, first] {
                reply_box.answer(question, PATIENT).unwrap();
            }
            questions
        });
        assert_eq!(
            ask(&mut client, 1, Patience::AT_ONCE),
            Err(CallError::Unanswered)
        );
        assert_eq!(ask(&mut client, 2, PATIENT), Ok(2));
        serving.join().unwrap();
    })
}

/// The server answers and goes: the answer is received all the same, and the next question comes back.
fn server_goes() -> Model {
    Model::new("a server that answers and goes", || {
        let (mut client, questions, mut reply_box) = ends(1);
        let serving = model::spawn(move || {
            reply_box.answer(next(&questions), PATIENT).unwrap();
        });
        assert_eq!(ask(&mut client, 1, PATIENT), Ok(1));
        serving.join().unwrap();
        let why = Ended::Closed;
        let back = SendTimeoutError::Ended(SendError { message: 2, why });
        assert_eq!(ask(&mut client, 2, PATIENT), Err(CallError::NotAsked(back)));
    })
}
