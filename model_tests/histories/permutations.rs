//! The search against all permutations, on small random histories.

use crate::Test;
use crate::report;
use aqueduct::model::Calls;
use aqueduct::model::specification::{Answer, Call, Fifo, Rendezvous, Side, Specification, Stream};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

const CASES: u32 = 1_000;

pub fn tests() -> Vec<Test> {
    vec![
        ("all permutations: bounded", || compare(&Fifo::bounded(2))),
        ("all permutations: glances", || {
            compare(&Fifo::bounded(2).with_glances())
        }),
        ("all permutations: busy", || {
            compare(&Fifo::unbounded().may_be_busy())
        }),
        ("all permutations: rendezvous", || {
            compare(&Rendezvous::new())
        }),
        ("all permutations: stream", || compare(&Stream::new(3))),
    ]
}

/// A call: its thread, what is called, how the answer is chosen, and which calls it comes after,
/// as bits.
type Line = (usize, Call<u8>, Choice, u8);

/// How an answer is chosen.
#[derive(Clone, Debug)]
enum Choice {
    /// One that the specification gives when the calls come in the order of the lines.
    Right(usize),
    /// One at random.
    Any(Answer<u8>),
    /// The caller dies.
    None,
}

fn call(batches: bool) -> impl Strategy<Value = Call<u8>> {
    let ends = || prop_oneof![Just(Side::Producer), Just(Side::Consumer)];
    let ends = prop_oneof![
        ends().prop_map(Call::Close),
        ends().prop_map(Call::Die),
        ends().prop_map(Call::Follow),
    ];
    let batch = prop_oneof![
        vec(0..3_u8, 0..3).prop_map(Call::PushAll),
        (0..3_usize).prop_map(Call::PopAll),
    ];
    let (single, batch_weight) = (6, if batches { 6 } else { 0 });
    prop_oneof![
        single => (0..3_u8).prop_map(Call::Push),
        single => Just(Call::Pop),
        batch_weight => batch,
        1 => ends,
    ]
}

fn choice() -> impl Strategy<Value = Choice> {
    let answer = prop_oneof![
        Just(Answer::Done),
        (0..3_u8).prop_map(Answer::Message),
        (0..3_usize).prop_map(Answer::Count),
        vec(0..3_u8, 0..3).prop_map(Answer::Messages),
        Just(Answer::Full),
        Just(Answer::Empty),
        Just(Answer::Busy),
        Just(Answer::Closed),
        Just(Answer::Dead),
    ];
    prop_oneof![
        12 => any::<usize>().prop_map(Choice::Right),
        2 => answer.prop_map(Choice::Any),
        2 => Just(Choice::None),
    ]
}

fn lines(batches: bool) -> impl Strategy<Value = Vec<Line>> {
    let after = prop_oneof![2 => Just(0), 1 => any::<u8>()];
    vec((0..3_usize, call(batches), choice(), after), 0..7)
}

/// A history, and beside it what the brute force needs.
struct History<S: Specification> {
    calls: Calls<S>,
    lines: Vec<(usize, S::Call, Option<S::Answer>)>,
    /// Which pairs are ordered; transitive.
    before: Vec<Vec<bool>>,
}

/// Two neighbours may take effect together, so the answers of both are chosen from there, if the
/// second choice is odd.
fn history<S>(initial: &S, script: &[Line]) -> History<S>
where
    S: Specification<Call = Call<u8>, Answer = Answer<u8>>,
{
    let count = script.len();
    let mut answers: Vec<Option<Answer<u8>>> = Vec::new();
    let mut state = initial.clone();
    for (index, (_, call, choice, _)) in script.iter().enumerate() {
        if answers.len() > index {
            continue; // answered together with the one before
        }
        let next = script.get(index + 1);
        let met = next.and_then(|(_, next, _, _)| state.together([call, next]).pop());
        match (choice, met) {
            (Choice::Right(chosen), Some(([one, two], next))) if chosen % 2 == 1 => {
                answers.extend([Some(one), Some(two)]);
                state = next;
            }
            (Choice::Right(chosen), _) => {
                let mut allowed = state.answers(call);
                let (answer, next) = allowed.swap_remove(chosen % allowed.len());
                answers.push(Some(answer));
                state = next;
            }
            (Choice::Any(answer), _) => answers.push(Some(answer.clone())),
            (Choice::None, _) => answers.push(None),
        }
    }
    let mut before = vec![vec![false; count]; count];
    for (two, line) in script.iter().enumerate() {
        for one in 0..two {
            // Neighbours are left alone, so that some of them may meet.
            let told = line.3 & (1 << one) != 0 && two - one > 1;
            before[one][two] = told || script[one].0 == line.0;
        }
    }
    let mut calls = Calls::new(initial.clone());
    for (two, line) in script.iter().enumerate() {
        let after: Vec<usize> = (0..two).filter(|&one| before[one][two]).collect();
        let index = calls.begin(line.0, line.1.clone(), &after);
        if let Some(answer) = &answers[two] {
            calls.answer(index, answer.clone());
        }
    }
    // Warshall's closure.
    for middle in 0..count {
        for one in 0..count {
            for two in 0..count {
                before[one][two] |= before[one][middle] && before[middle][two];
            }
        }
    }
    let lines = script.iter().zip(answers);
    let lines = lines.map(|(line, answer)| (line.0, line.1.clone(), answer));
    History {
        calls,
        lines: lines.collect(),
        before,
    }
}

impl<S: Specification> History<S> {
    /// Whether some permutation of the calls is right, for the glances of each thread: all are
    /// tried.
    fn has_order(&self, initial: &S) -> bool {
        (0..3).all(|thread| {
            let calls = self.lines.iter().enumerate();
            let wanted = calls.filter(|(_, (other, _, answer))| {
                let glance = answer
                    .as_ref()
                    .is_some_and(|answer| initial.is_glance(answer));
                !glance || *other == thread
            });
            let mut indices: Vec<usize> = wanted.map(|(index, _)| index).collect();
            self.permute(&mut indices, 0, initial)
        })
    }

    fn permute(&self, indices: &mut [usize], fixed: usize, initial: &S) -> bool {
        if fixed == indices.len() {
            return self.extends(indices) && self.is_right(indices, initial);
        }
        (fixed..indices.len()).any(|other| {
            indices.swap(fixed, other);
            let found = self.permute(indices, fixed + 1, initial);
            indices.swap(fixed, other);
            found
        })
    }

    fn extends(&self, indices: &[usize]) -> bool {
        let pairs = |place: usize| {
            indices[place + 1..]
                .iter()
                .map(move |&two| (indices[place], two))
        };
        (0..indices.len())
            .flat_map(pairs)
            .all(|(one, two)| !self.before[two][one])
    }

    /// Whether the calls are right in this order, one by one or two neighbours together.
    fn is_right(&self, indices: &[usize], state: &S) -> bool {
        let [one, rest @ ..] = indices else {
            return true;
        };
        let alone = self.after(*one, state);
        if alone.iter().any(|next| self.is_right(rest, next)) {
            return true;
        }
        let [two, rest @ ..] = rest else {
            return false;
        };
        let together = state.together([&self.lines[*one].1, &self.lines[*two].1]);
        let fits = |index: usize, allowed: &S::Answer| {
            let answer = &self.lines[index].2;
            answer.as_ref().is_none_or(|answer| answer == allowed)
        };
        !self.before[*one][*two]
            && together.iter().any(|([first, second], next)| {
                fits(*one, first) && fits(*two, second) && self.is_right(rest, next)
            })
    }

    fn after(&self, index: usize, state: &S) -> Vec<S> {
        let (thread, call, answer) = &self.lines[index];
        let Some(answer) = answer else {
            return state.unanswered(call);
        };
        if state.is_busy(answer) {
            let others = (0..self.lines.len()).filter(|&other| self.lines[other].0 != *thread);
            let unordered = |other: usize| !self.before[index][other] && !self.before[other][index];
            return others
                .filter(|&other| unordered(other))
                .take(1)
                .map(|_| state.clone())
                .collect();
        }
        let allowed = state.answers(call).into_iter();
        allowed
            .filter(|(allowed, _)| allowed == answer)
            .map(|(_, next)| next)
            .collect()
    }
}

/// An order that is found is right, and if none is found there is none.
fn compare<S>(initial: &S) -> Result<(), String>
where
    S: Specification<Call = Call<u8>, Answer = Answer<u8>>,
{
    let batches = initial.together([&Call::Push(0), &Call::Pop]).is_empty();
    let verdicts = [Cell::new(0), Cell::new(0)];
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(CASES)
    });
    let run = runner.run(&lines(batches), |script| {
        let history = history(initial, &script);
        let found = history.calls.order();
        let expected = history.has_order(initial);
        prop_assert_eq!(found.is_ok(), expected, "{:?}: {:?}", found, history.calls);
        if let Ok(order) = found {
            prop_assert!(history.extends(&order) && history.is_right(&order, initial));
        }
        let verdict = &verdicts[usize::from(expected)];
        verdict.set(verdict.get() + 1);
        Ok(())
    });
    run.map_err(|error| error.to_string())?;
    let [refused, accepted] = verdicts.map(|verdict| verdict.get());
    report::say(&format!("{refused} refused, {accepted} accepted"));
    // Both verdicts have to be tried often.
    if refused.min(accepted) < CASES / 10 {
        return Err(format!("{refused} refused, {accepted} accepted"));
    }
    Ok(())
}
