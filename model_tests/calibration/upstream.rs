//! loom's known defects: loom as it is shows them, so that we notice their repair, and the machine
//! does not have them, or reports the program.

use crate::report;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aqueduct::model::{self, Defect, Failure, Machine, Model};
use aqueduct::platform::{Atomic, Futex, Ordering, Platform};
use libtest_mimic::{Failed, Trial};

use super::bare::Loom;
use super::explore::{Explored, explore};
use super::program::{Outcome, Program};
use super::{interleaving, rc11, run};

/// A later load hides an earlier one: with the accesses sequentially consistent, as reported, and
/// as the machine may have them.
const ISSUE_166: [&str; 2] = [
    "x=1 sc; y=1 sc; y=0 sc; x sc; x=0 sc | y sc; x sc",
    "x=1 rel; y=1 rel; y=0 rel; x acq; x=0 rel | y acq; x acq",
];
/// A thread that begins with a load is never overtaken.
const ISSUE_392: &str = "x rlx | x rlx; x=1 rlx";
/// A plain store and another change of the word, unordered. The first is of the kind of the issue and
/// not its own program; the others are the issues' programs made small.
const UNORDERED: [(&str, &str); 3] = [
    ("issue_424", "x=1 rlx | x=2 rlx | x<3 rlx"),
    ("issue_389", "x<2 rlx | x=1 rlx"),
    ("issue_282", "x=1 rlx | x<2 rlx | x rlx; x rlx"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("calibration::upstream::issue_166", issue_166),
        Trial::test("calibration::upstream::issue_392", || hidden(ISSUE_392)),
        Trial::test("calibration::upstream::issue_422", token),
        Trial::test("calibration::upstream::issue_422_machine", no_token),
        Trial::test(
            "calibration::upstream::issue_422_deadlock",
            no_token_hides_deadlock,
        ),
    ];
    trials.extend(UNORDERED.map(|(name, text)| {
        Trial::test(format!("calibration::upstream::{name}"), || unordered(text))
    }));
    trials
}

/// What loom as it is sees of a program.
fn plain_loom(program: &Program) -> BTreeSet<Outcome> {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let (program, inside) = (Arc::new(program.clone()), Arc::clone(&outcomes));
    loom::model(move || {
        let outcome = run::run::<Loom>(&program);
        inside
            .lock()
            .expect("no panic while locked")
            .insert(outcome);
    });
    std::mem::take(&mut *outcomes.lock().expect("no panic while locked"))
}

/// loom loses interleavings; the machine has all of them, and all else that RC11 allows.
fn issue_166() -> Result<(), Failed> {
    let [reported, ours] = ISSUE_166;
    let interleaved = interleaving::outcomes(&reported.parse()?);
    let plain = plain_loom(&reported.parse()?);
    report::say(&format!(
        "{reported}: loom {} of {} interleavings",
        plain.len(),
        interleaved.len()
    ));
    if interleaved.is_subset(&plain) {
        return Err(format!("loom has changed: {plain:?}").into());
    }
    let program: Program = ours.parse()?;
    match explore(&program, &[], 100_000) {
        Explored::Whole { outcomes, .. }
            if outcomes == rc11::verdict(&program).outcomes && interleaved.is_subset(&outcomes) =>
        {
            Ok(())
        }
        other => Err(format!("{other:?}").into()),
    }
}

/// loom loses outcomes of the program; the machine has them all, and no others.
fn hidden(text: &str) -> Result<(), Failed> {
    let program: Program = text.parse()?;
    let allowed = rc11::verdict(&program).outcomes;
    let plain = plain_loom(&program);
    report::say(&format!(
        "{text}: loom {} of {} outcomes",
        plain.len(),
        allowed.len()
    ));
    if !plain.is_subset(&allowed) || plain == allowed {
        return Err(format!("loom has changed: {plain:?}").into());
    }
    match explore(&program, &[], 100_000) {
        Explored::Whole { outcomes, .. } if outcomes == allowed => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// loom invents outcomes of the program; the machine reports it.
fn unordered(text: &str) -> Result<(), Failed> {
    let program: Program = text.parse()?;
    let plain = plain_loom(&program);
    let allowed = rc11::verdict(&program).outcomes;
    let invented = plain.difference(&allowed).count();
    report::say(&format!(
        "{text}: loom {} outcomes, {invented} of them invented",
        plain.len()
    ));
    if invented == 0 {
        return Err(format!("loom has changed: {plain:?}").into());
    }
    match explore(&program, &[], 100_000) {
        Explored::Undisciplined => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// `Condvar::wait` takes the token of `park`: loom reports a deadlock that is none.
fn token() -> Result<(), Failed> {
    use loom::sync::{Condvar, Mutex};
    use loom::thread;

    let model = Model::new("condvar and park", || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let main = thread::current();
        let other = {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                main.unpark();
                *pair.0.lock().expect("not poisoned") = true;
                pair.1.notify_one();
            })
        };
        let mut guard = pair.0.lock().expect("not poisoned");
        while !*guard {
            guard = pair.1.wait(guard).expect("not poisoned");
        }
        drop(guard);
        thread::park();
        other.join().expect("the thread ends");
    });
    match model.explore() {
        Err(Failure::Panicked {
            defect: Defect::Deadlock,
            ..
        }) => Ok(()),
        other => Err(format!("loom has changed: {other:?}").into()),
    }
}

type Word = <Machine as Platform>::AtomicU32;

/// Sleeps until the word is not zero.
fn await_word(word: &Word) {
    while word.load(Ordering::Acquire) == 0 {
        Machine::wait_any(&[(word, 0)], None);
    }
}

/// The same with the machine's words, whose sleepers have no token: no deadlock.
fn no_token() -> Result<(), Failed> {
    let model = Model::new("two words to sleep on", || {
        let words = Arc::new([Word::new(0), Word::new(0)]);
        let other = {
            let words = Arc::clone(&words);
            model::spawn(move || {
                for word in words.iter() {
                    word.store(1, Ordering::Release);
                    Machine::wake(word);
                }
            })
        };
        await_word(&words[1]);
        await_word(&words[0]);
        other.join().expect("the thread ends");
    });
    model
        .explore()
        .map(|_| ())
        .map_err(|failure| failure.to_string().into())
}

/// A wake-up before the sleep, or of another word, is not kept: the machine sees the deadlock.
fn no_token_hides_deadlock() -> Result<(), Failed> {
    let model = Model::new("a wake-up too early", || {
        let words = Arc::new([Word::new(0), Word::new(0)]);
        let other = {
            let words = Arc::clone(&words);
            model::spawn(move || words.iter().for_each(Machine::wake))
        };
        Machine::wait_any(&[(&words[0], 0)], None);
        other.join().expect("the thread ends");
    });
    match model.explore() {
        Err(Failure::Panicked {
            defect: Defect::Deadlock,
            ..
        }) => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
