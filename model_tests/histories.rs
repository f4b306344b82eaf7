//! Histories of calls, judged by sequential specifications: of the library's ring and links, of
//! small structures of the tests' own, and made by hand to test the judge.

mod by_hand;
pub mod frames;
pub mod link;
mod mailbox;
pub mod many;
pub mod mpmc;
mod permutations;
pub mod point;
mod real_time;
mod recorder;
mod rendezvous;
pub mod ring;
mod stream;
pub mod unbounded;

use crate::{Test, explore, kill, memory::VICTIM, trial};
use aqueduct::link::Ended;
use aqueduct::model::specification::{Answer, Call, Side, Specification};
use aqueduct::model::{Defect, Failure, History, Model};
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let explored = [
        ring::models(),
        mpmc::models(),
        unbounded::models(),
        many::models(),
        frames::models(),
        link::models(),
        mailbox::models(),
        point::models(),
    ];
    let explored = explored.into_iter().flatten();
    let explored = explored.chain([rendezvous::model(), stream::model()]);
    let explored = explored.map(|model| explore("histories", model));
    let killed = link::killed().into_iter().chain(mailbox::killed());
    let killed = killed.chain(stream::killed());
    let killed = killed.map(|model| kill("histories", model, &[VICTIM]));
    let tests: [Vec<Test>; 6] = [
        by_hand::tests(),
        mailbox::tests(),
        permutations::tests(),
        real_time::tests(),
        recorder::tests(),
        rendezvous::tests(),
    ];
    let tests = tests.into_iter().flatten();
    let tests = tests.map(|test| trial("histories", test));
    explored.chain(killed).chain(tests).collect()
}

/// A side says goodbye.
pub fn close<T, S>(history: &History<S>, side: Side, end: impl Sized)
where
    S: Specification<Call = Call<T>, Answer = Answer<T>>,
{
    history.call(Call::Close(side), || {
        drop(end);
        Answer::Done
    });
}

/// The end of a link in the words of the specifications.
fn ended<T>(why: Ended) -> Answer<T> {
    match why {
        Ended::Closed => Answer::Closed,
        Ended::Dead => Answer::Dead,
        Ended::Corrupt | Ended::Forked | Ended::NoMemory => panic!("{why}"),
    }
}

/// Whether the model fails because a history was refused, and the account says all of `words`.
fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, words: &[&str]) -> Result<(), String> {
    match result {
        Err(Failure::Panicked {
            defect: Defect::Panic,
            message,
            ..
        }) if message.starts_with("no order")
            && words.iter().all(|word| message.contains(word)) =>
        {
            Ok(())
        }
        other => Err(format!("{other:?}")),
    }
}

/// Explores, and returns how many executions there were; each has judged a history.
fn accepted(model: &Model) -> Result<usize, String> {
    let report = model.explore().map_err(|failure| failure.to_string())?;
    if report.histories.checked == report.executions {
        Ok(report.executions)
    } else {
        Err(format!("histories are missing: {report:?}"))
    }
}
