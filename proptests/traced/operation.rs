//! What an operation is to those who trace it, and all of them.

use aqueduct::shm::Name;

use super::buffers::{frames::Records, many::Segmented, mpmc::Slots};
use super::{attaching, crowd, direct, leaving, mailbox, recovering, seated, streaming, unlinking};

/// How a victim learns what to do.
pub const OPERATION: &str = "AQUEDUCT_TEST_OPERATION";

/// Something that a victim does, and what becomes of the others.
pub struct Operation {
    pub name: String,
    /// Makes what the victim finds, and lets others be there who survive it. The turn chooses among
    /// the [`variants`](Operation::variants).
    pub set: fn(&Name, usize) -> Box<dyn Scene>,
    /// In the victim: prepares, does it [between the marks](super::tracer::between_marks), and ends
    /// the process without a word.
    pub run: fn(&Name) -> !,
    /// How many ways there are to begin.
    pub variants: usize,
}

impl Operation {
    /// One that begins in one way.
    pub fn new(
        name: impl Into<String>,
        set: fn(&Name, usize) -> Box<dyn Scene>,
        run: fn(&Name) -> !,
    ) -> Self {
        Self {
            name: name.into(),
            set,
            run,
            variants: 1,
        }
    }
}

/// The others.
pub trait Scene: Send {
    /// The victim stands still, and lives: each of the others tries what it can, with waits that
    /// end, and nobody is told of a death. Not asked where the others sleep until the death.
    fn go_round(&mut self) {
        unreachable!("it sleeps");
    }

    /// The victim has done all of its operation, and lives: what it did is there, and seen. Nor this.
    fn look_at_the_end(&mut self) {
        unreachable!("it sleeps");
    }

    /// The victim is dead: the others go on, somebody follows it, and everything is accounted for.
    /// Says what had become of the operation.
    fn judge(self: Box<Self>, fate: Fate) -> String;
}

/// How far the victim had come when it died.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// Whether it had done any instruction.
    pub began: bool,
    /// Whether it had done all of them.
    pub ended: bool,
    /// What it said of a success, if it was not killed.
    pub word: Option<u64>,
}

impl Fate {
    /// Asserts that this is no contradiction to whether the operation is found done.
    #[track_caller]
    pub fn agrees(self, done: bool) {
        assert!(self.began || !done, "it is done and was not begun");
        assert!(!self.ended || done, "it had ended and is not done");
    }

    /// Asserts that the victim, if it said anything, said this number.
    #[track_caller]
    pub fn said(self, number: u64) {
        let said = self.word.unwrap_or(number % WORDS);
        assert_eq!(said, number % WORDS, "the victim has got another one");
    }
}

pub fn all() -> Vec<Operation> {
    let mut all = vec![
        streaming::send(),
        streaming::send_to_a_sleeper(),
        streaming::recv(),
        streaming::recv_from_a_sleeper(),
        leaving::goodbye(),
        attaching::attach(),
        attaching::create(),
        attaching::take_over(),
        unlinking::remove_name(),
        unlinking::remove_unused(),
    ];
    all.extend(crowd::operations::<Slots>());
    all.extend(crowd::operations::<Records>());
    all.extend(crowd::operations::<Segmented>());
    all.push(recovering::recover::<Slots>());
    all.push(recovering::recover::<Records>());
    all.push(recovering::recover::<Segmented>());
    all.extend([seated::sit(), seated::settle()]);
    all.extend(mailbox::operations());
    all.extend(direct::operations());
    all
}

/// How many words there are for a victim to say at its end: exit codes that no failure has.
pub const WORDS: u64 = 100;
const FAILED: i32 = 120;

/// In a victim: ends the process, without a goodbye to anybody, with a number that it says if all
/// went well.
pub fn end_with(number: Option<u64>) -> ! {
    let word = number.map(|number| i32::try_from(number % WORDS).expect("it is small"));
    std::process::exit(word.unwrap_or(FAILED))
}

/// The same, with nothing to say.
pub fn end(good: bool) -> ! {
    end_with(good.then_some(0))
}
