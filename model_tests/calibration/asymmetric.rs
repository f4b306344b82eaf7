//! The halves of an asymmetric fence, each beside every other fence, in two shapes.

use aqueduct::model::{self, Machine, Model};
use aqueduct::platform::Ordering::{Relaxed, SeqCst};
use aqueduct::platform::{Atomic, Futex, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

/// What stands between the two accesses of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fence {
    None,
    Full,
    Light,
    Heavy,
}

impl Fence {
    const ALL: [Fence; 4] = [Fence::None, Fence::Full, Fence::Light, Fence::Heavy];

    fn pass(self) {
        match self {
            Fence::None => {}
            Fence::Full => Machine::fence(SeqCst),
            Fence::Light => {
                assert!(Machine::lighten(), "a model may make them");
                Machine::light_fence();
            }
            Fence::Heavy => assert!(Machine::heavy_fence(), "a model may make it"),
        }
    }

    /// Whether the two are ordered: a light one with a heavy one only.
    fn meets(self, other: Fence) -> bool {
        let one = |fence: Fence, others: &[Fence]| self == fence && others.contains(&other);
        one(Fence::Light, &[Fence::Heavy])
            || one(Fence::Full, &[Fence::Full, Fence::Heavy])
            || one(Fence::Heavy, &[Fence::Full, Fence::Light, Fence::Heavy])
    }
}

type Word = <Machine as Platform>::AtomicU32;

/// Two threads that each do one access, pass a fence, and do another one.
fn shape(
    name: &str,
    fences: [Fence; 2],
    one: impl Fn(&[Word; 2], Fence) -> String + Send + Sync + Copy + 'static,
    other: impl Fn(&[Word; 2], Fence) -> String + Send + Sync + Copy + 'static,
) -> Model {
    let [first, second] = fences;
    Model::new(format!("{name}, {first:?} and {second:?}"), move || {
        let words = Rc::new([Word::new(0), Word::new(0)]);
        let thread = model::spawn({
            let words = Rc::clone(&words);
            move || one(&words, first)
        });
        let read = other(&words, second);
        format!("{}{read}", thread.join().unwrap())
    })
}

/// Store buffering: each writes its word and reads the other's.
fn buffering(fences: [Fence; 2]) -> Model {
    let side = |own: usize| {
        move |words: &[Word; 2], fence: Fence| {
            words[own].store(1, Relaxed);
            fence.pass();
            words[1 - own].load(Relaxed).to_string()
        }
    };
    let model = shape("store buffering", fences, side(0), side(1));
    allowed(model, fences, ["01", "10", "11"], "00")
}

/// Message passing: one writes a value and a flag, the other reads the flag and the value.
fn passing(fences: [Fence; 2]) -> Model {
    let write = |words: &[Word; 2], fence: Fence| {
        words[0].store(1, Relaxed);
        fence.pass();
        words[1].store(1, Relaxed);
        String::new()
    };
    let read = |words: &[Word; 2], fence: Fence| {
        let flag = words[1].load(Relaxed);
        fence.pass();
        format!("{flag}{}", words[0].load(Relaxed))
    };
    let model = shape("message passing", fences, write, read);
    allowed(model, fences, ["00", "01", "11"], "10")
}

/// What is seen in any case, and what only if the two fences do not meet.
fn allowed(model: Model, [one, other]: [Fence; 2], always: [&str; 3], without: &str) -> Model {
    let without = (!one.meets(other)).then_some(without);
    model.outcomes(always.into_iter().chain(without))
}

pub(crate) fn trials() -> Vec<Trial> {
    let pairs = Fence::ALL.map(|one| Fence::ALL.map(|other| [one, other]));
    let models = pairs
        .into_iter()
        .flatten()
        .flat_map(|fences| [buffering(fences), passing(fences)]);
    let trials = models.map(|model| {
        Trial::test(
            format!("calibration::fences::{}", model.name()),
            move || {
                model.explore()?;
                Ok(())
            },
        )
    });
    trials.collect()
}
