//! The questions that each submission is asked, and its marks.

use std::sync::Arc;

use aqueduct::model::{self, DeathFailure, Deaths, Machine, Model, Sweep, attempt, deaths, pauses};

use crate::queue::Queue;

/// How often threads are preempted in a run, at the most.
const BOUND: usize = 2;

/// What became of one submission.
pub struct Sheet([(&'static str, Answer); 4]);

enum Answer {
    Yes,
    /// It fails before the question can be asked.
    NotAsked,
    /// In a few words, and at length.
    No(String, String),
}

/// Asks everything.
pub fn grade<Q: Queue<Machine>>() -> Sheet {
    Sheet([
        ("what goes in comes out, in order", order::<Q>()),
        ("every ordering is needed", orderings::<Q>()),
        ("who is killed is in nobody's way", killed::<Q>()),
        ("who stands still is in nobody's way", paused::<Q>()),
    ])
}

/// One puts three numbers in, one takes as many out.
fn in_order<Q: Queue<Machine>>() -> Model {
    Model::new("in order", || {
        let queue = Arc::new(Q::new());
        let producer = model::spawn({
            let queue = Arc::clone(&queue);
            move || [1, 2, 3].map(|number| queue.push(number).then_some(number))
        });
        let mut popped: Vec<_> = [(); 3]
            .map(|()| queue.pop())
            .into_iter()
            .flatten()
            .collect();
        let pushed = producer.join().unwrap().into_iter().flatten();
        popped.extend(rest(&*queue));
        assert!(pushed.eq(popped.iter().copied()), "{popped:?} came out");
        assert!(
            queue.push(4) && queue.pop() == Some(4),
            "it is empty, and refuses"
        );
    })
    .bound(BOUND)
}

fn order<Q: Queue<Machine>>() -> Answer {
    let model = in_order::<Q>();
    match model.explore() {
        Ok(_) => Answer::Yes,
        Err(failure) => {
            let defect = failure.defect();
            let short = defect.map_or("other outcomes".into(), |defect| defect.to_string());
            Answer::No(short, model.explain(&failure))
        }
    }
}

/// Weakens one after the other.
fn orderings<Q: Queue<Machine>>() -> Answer {
    let models = [in_order::<Q>(), dies::<Q>(), stands_still::<Q>()];
    let Ok(table) = Sweep::new(Q::FILE, models).run() else {
        return Answer::NotAsked;
    };
    let faults = table.faults();
    let survive = table.rows.iter().filter(|row| row.killed.is_none()).count();
    match faults.as_slice() {
        [] => Answer::Yes,
        // Or there is nothing in a file of that name.
        faults if survive == 0 => Answer::No(faults[0].clone(), faults.join("\n")),
        faults => Answer::No(format!("{survive} too strong"), faults.join("\n")),
    }
}

/// One process puts a number in, another one takes one out, and either may be killed; then two fit, and
/// no more.
fn dies<Q: Queue<Machine>>() -> Model {
    Model::new("one dies", || {
        let queue = Arc::new(Q::new());
        let (producer, consumer) = both(&queue);
        producer.join();
        consumer.join();
        let left = rest(&*queue);
        assert!(left.len() <= 1, "{left:?} came out");
        assert!(queue.push(2) && queue.push(3), "a successor finds no room");
        assert!(!queue.push(4), "a third number fits");
        assert_eq!(rest(&*queue), [2, 3]);
    })
    .bound(BOUND)
}

/// A producer and a consumer, each of whom acts once.
fn both<Q: Queue<Machine>>(queue: &Arc<Q>) -> (model::Process<bool>, model::Process<Option<u32>>) {
    let (pushing, popping) = (Arc::clone(queue), Arc::clone(queue));
    let producer = model::process(1, move || pushing.push(1));
    let consumer = model::process(2, move || popping.pop());
    (producer, consumer)
}

fn killed<Q: Queue<Machine>>() -> Answer {
    let model = dies::<Q>();
    match model.explore() {
        Ok(_) => survived(deaths(&model, &[1, 2])),
        Err(_) => Answer::NotAsked,
    }
}

fn survived(seen: Result<Deaths, DeathFailure>) -> Answer {
    match seen {
        Ok(_) => Answer::Yes,
        Err(stop) => Answer::No(stop.deaths.clone(), stop.explain()),
    }
}

/// A number is there; while its producer stands still with the next one, it can be taken.
fn stands_still<Q: Queue<Machine>>() -> Model {
    Model::new("one stands still", || {
        let queue = Arc::new(Q::new());
        assert!(queue.push(1), "there is room");
        let producer = model::process(1, {
            let queue = Arc::clone(&queue);
            move || queue.push(2)
        });
        let popped = attempt(8, || queue.pop());
        producer.join();
        assert_eq!(popped, Some(1), "it was there");
    })
    .bound(BOUND)
}

fn paused<Q: Queue<Machine>>() -> Answer {
    survived(pauses(&stands_still::<Q>(), &[1]))
}

/// All that is left, when nobody else acts; no more than fit.
fn rest<Q: Queue<Machine>>(queue: &Q) -> Vec<u32> {
    std::iter::from_fn(|| queue.pop()).take(3).collect()
}

impl Sheet {
    /// One for each yes.
    #[cfg_attr(not(test), allow(dead_code, reason = "for the tests"))]
    pub fn marks(&self) -> usize {
        let is_yes = |(_, answer): &&(_, Answer)| matches!(answer, Answer::Yes);
        self.0.iter().filter(is_yes).count()
    }

    /// The answers, a line for each, as those of `name`.
    pub fn marked(&self, name: &str) -> String {
        let lines = self.0.iter().map(|(question, answer)| {
            let short = match answer {
                Answer::Yes => "yes",
                Answer::NotAsked => "not asked",
                Answer::No(short, _) => short,
            };
            format!("{name:8}{question:38}{short}\n")
        });
        lines.collect()
    }

    /// What is wrong, at length.
    pub fn explained(&self) -> String {
        let faults = self.0.iter().filter_map(|(_, answer)| match answer {
            Answer::No(_, long) => Some(long.as_str()),
            _ => None,
        });
        faults.collect::<Vec<_>>().join("\n\n")
    }
}
