//! Models of `src/link/call.rs`: one that asks and one that answers, of which one may give up, go, stand
//! still or die at any moment.

mod alive;
mod killed;

use crate::crowd::STOPPED;
use crate::link::PATIENT;
use crate::mailbox::UNTIL_EXPIRY;
use crate::{explore, kill, one_more, pause, suspect};
use aqueduct::link::call::{self, CallError};
use aqueduct::link::mailbox::{Hold, Receiver};
use aqueduct::model::Machine;
use aqueduct::wait::Patience;
use libtest_mimic::Trial;

/// A question or an answer; the answer to a question has its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letter {
    number: u64,
    message: u32,
}

impl call::Letter for Letter {
    fn number(&self) -> u64 {
        self.number
    }
}

pub fn trials() -> Vec<Trial> {
    let alive = alive::models().into_iter().chain([alive::nobody_takes(1)]);
    let explored = alive.map(|model| explore("call", model));
    let killed = killed::one_call().map(|model| kill("call", model, &[STOPPED]));
    let paused = killed::models(1).map(|model| pause("call", model, &[STOPPED]));
    explored
        .chain(killed)
        .chain(paused)
        .chain(one_more("call::long", alive::models()))
        .chain(long())
        .collect()
}

/// Deaths that are suspected first; and deaths after a call that was given up.
fn long() -> impl Iterator<Item = Trial> {
    let victims = &[STOPPED];
    let killed = killed::models(2).map(|model| kill("call::long", model, victims));
    let suspected = [1, 2].map(killed::models).into_iter().flatten();
    let suspected = suspected.map(|model| suspect("call::long", model, victims));
    let paused = killed::models(2).map(|model| pause("call::long", model, victims));
    let taken = explore("call::long", alive::nobody_takes(2));
    let long = killed.into_iter().chain(suspected).chain(paused);
    long.chain([taken])
        .map(|trial| trial.with_ignored_flag(true))
}

/// Asks; the answer is the message of the question.
fn ask<Q, R>(
    client: &mut call::Client<Q, R>,
    message: u32,
    patience: Patience,
) -> Result<u32, CallError<u32>>
where
    Q: Hold<Platform = Machine, Message = Letter>,
    R: Hold<Platform = Machine, Message = Letter>,
{
    let question = |number| Letter { number, message };
    match client.call(question, patience) {
        Ok(answer) => Ok(answer.message),
        Err(error) => Err(error.map(|question| question.message)),
    }
}

/// The next question.
fn next<Q: Hold<Platform = Machine, Message = Letter>>(questions: &Receiver<Q>) -> Letter {
    let question = questions.recv_with_patience(PATIENT);
    question.expect("the mailbox is open")
}
