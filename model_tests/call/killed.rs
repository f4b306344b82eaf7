//! One of the two is a process that is killed.

use super::{Letter, PATIENT, ask, next};
use crate::crowd::STOPPED;
use crate::mailbox::memory::{Attached, Post, post_of};
use aqueduct::link::call::{CallError, Client, ReplyBox};
use aqueduct::link::mailbox::Succession::Closes;
use aqueduct::link::mailbox::{Capacity, Receiver, UntilEnded};
use aqueduct::link::select::{Few, Select, Selectable, map};
use aqueduct::link::{Ended, SendError, SendTimeoutError};
use aqueduct::model::{self, Machine, Model};
use aqueduct::wait::Patience;
use std::sync::Arc;

type Questions = Receiver<Attached<Letter>>;

/// The one that does not die.
const SURVIVOR: u32 = 9;

/// Those in which one is killed, paused, or suspected before it is dead, in one call or in two.
pub fn models(calls: u32) -> [Model; 2] {
    [server_dies(calls).bound(0), client_dies(calls).bound(0)]
}

/// What becomes of one call whose server is killed, and of the answer to a client that is.
pub fn one_call() -> [Model; 2] {
    let [server, client] = models(1);
    let told = [
        "[Err(Gone(Dead))]",
        "[Err(NotAsked(Ended(SendError { message: 1, why: Dead })))]",
        "[Ok(1)]",
        "never made",
    ];
    let answered = ["[Err(Dead)]", "[Ok(())]", "[]", "never made"];
    [server.outcomes(told), client.outcomes(answered)]
}

/// The mailbox of a server, and the box of its client.
fn posts(server: u32, client: u32) -> [Arc<Post<Letter>>; 2] {
    let [questions, one] = [2, 1].map(Capacity::Bounded);
    [
        post_of(questions, Closes, server),
        post_of(one, Closes, client),
    ]
}

fn client(
    questions: &Attached<Letter>,
    answers: &Attached<Letter>,
) -> Client<Attached<Letter>, Attached<Letter>> {
    Client::new(questions.sender(), answers.receiver(), 0)
}

fn reply_box(answers: &Attached<Letter>) -> ReplyBox<Attached<Letter>> {
    ReplyBox::new(answers.sender(), answers.receiver())
}

/// The question that did not reach a server that is dead.
fn not_asked(message: u32) -> Result<u32, CallError<u32>> {
    let why = Ended::Dead;
    let error = SendTimeoutError::Ended(SendError { message, why });
    Err(CallError::NotAsked(error))
}

/// Calls, of which all but the last are given up.
fn ask_all(
    client: &mut Client<Attached<Letter>, Attached<Letter>>,
    calls: u32,
) -> Vec<Result<u32, CallError<u32>>> {
    let patience = |message| {
        if message < calls {
            Patience::AT_ONCE
        } else {
            PATIENT
        }
    };
    (1..=calls)
        .map(|message| ask(client, message, patience(message)))
        .collect()
}

/// The server makes its mailbox, answers these calls and dies: the client has its answer, or is told.
fn server_dies(calls: u32) -> Model {
    Model::new(format!("the server dies, {calls} asked"), move || {
        let [questions, answers] = posts(STOPPED, SURVIVOR);
        let dying = model::process(STOPPED, {
            let [questions, answers] = [&questions, &answers].map(Arc::clone);
            move || {
                let server = questions.make(STOPPED).receiver();
                let mut question = next(&server);
                let mut reply_box = reply_box(&answers.come(STOPPED).expect("it asks"));
                for answered in 1..=calls {
                    reply_box.answer(question, PATIENT).unwrap();
                    if answered < calls {
                        question = next(&server);
                    }
                }
            }
        });
        let Some(asking) = questions.come(SURVIVOR) else {
            return "never made".to_string();
        };
        let mut client = client(&asking, &answers.make(SURVIVOR));
        let answers = ask_all(&mut client, calls);
        if dying.join().is_some() {
            let last = answers.last();
            assert_eq!(
                last,
                Some(&Ok(calls)),
                "it was answered before the server died"
            );
        }
        assert_eq!(ask(&mut client, 9, PATIENT), not_asked(9));
        format!("{answers:?}")
    })
}

/// The client makes its box, makes these calls, and dies: the server is not kept, and has back what nobody
/// will receive.
fn client_dies(calls: u32) -> Model {
    Model::new(format!("the client dies, {calls} asked"), move || {
        let [questions, answers] = posts(SURVIVOR, STOPPED);
        let mut server = questions.make(SURVIVOR).receiver();
        let dying = model::process(STOPPED, {
            let answers = Arc::clone(&answers);
            move || {
                let answers = answers.make(STOPPED);
                let questions = questions.come(STOPPED).expect("it is made");
                let mut client = client(&questions, &answers);
                ask_all(&mut client, calls)
            }
        });
        let Some(answers) = answers.come(SURVIVOR) else {
            return "never made".to_string();
        };
        let mut reply_box = reply_box(&answers);
        let mut answered = Vec::new();
        while let Some(question) = next_or_gone(&mut server, answers.sender().ended()) {
            answered.push(answer(&mut reply_box, question));
        }
        if let Some(answers) = dying.join() {
            assert_eq!(answers.last(), Some(&Ok(calls)));
            assert!(answered.iter().all(Result::is_ok), "{answered:?}");
        }
        format!("{answered:?}")
    })
}

/// Answers; what comes back is the answer.
fn answer(reply_box: &mut ReplyBox<Attached<Letter>>, letter: Letter) -> Result<(), Ended> {
    match reply_box.answer(letter, PATIENT) {
        Ok(()) => Ok(()),
        Err(SendTimeoutError::Ended(error)) => Err(error.why),
        Err(SendTimeoutError::TimedOut(_)) => unreachable!("there is no deadline"),
    }
}

/// The next question, while there is somebody who asks.
fn next_or_gone(questions: &mut Questions, client: UntilEnded<Attached<Letter>>) -> Option<Letter> {
    let mut gone = map(client, Err);
    let (index, came) = {
        let mut links: [&mut dyn Selectable<Machine, Output = _>; 2] = [questions, &mut gone];
        let mut select = Select::with_poller(&mut links, Few::new()).unwrap();
        select.wait(PATIENT).expect("there is no deadline")
    };
    match index {
        1 => questions.try_recv().ok(),
        _ => came.ok(),
    }
}
