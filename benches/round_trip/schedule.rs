//! Who is measured when. Both processes follow it, each by itself.

use std::num::NonZeroU64;

use aqueduct::wait::Patience;
use serde::Serialize;

/// Whether there is a busy-wait before a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Situation {
    Sleeping,
    Spinning,
}

impl Situation {
    /// In this order: a link has touched its memory, or most of it, when it comes to spinning.
    pub const ALL: [Situation; 2] = [Situation::Sleeping, Situation::Spinning];

    pub fn spins(self) -> u32 {
        match self {
            Situation::Sleeping => 0,
            Situation::Spinning => Patience::SPINS,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Situation::Sleeping => "sleeping",
            Situation::Spinning => "spinning",
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Competitor {
    Link,
    Futex,
    Watched,
    Pipe,
}

impl Competitor {
    /// In this order or its reverse: those that are compared are beside each other.
    pub const ALL: [Competitor; 4] = [
        Competitor::Link,
        Competitor::Futex,
        Competitor::Watched,
        Competitor::Pipe,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Competitor::Link => "link",
            Competitor::Futex => "futex",
            Competitor::Watched => "futex, life watched",
            Competitor::Pipe => "pipe",
        }
    }
}

/// One block.
pub struct Turn {
    pub situation: Situation,
    pub competitor: Competitor,
    number: u64,
}

impl Turn {
    /// Whether it does not count.
    pub fn is_warm_up(&self) -> bool {
        self.number == 0
    }
}

/// So many blocks of each competitor in each situation, and one more of each to warm up.
pub fn turns(blocks: NonZeroU64) -> impl Iterator<Item = Turn> {
    let rounds = Situation::ALL.into_iter().flat_map(move |situation| {
        let numbers = 0..=blocks.get();
        numbers.map(move |number| (situation, number))
    });
    rounds.flat_map(|(situation, number)| {
        let mut order = Competitor::ALL;
        if number % 2 == 1 {
            order.reverse();
        }
        order.map(|competitor| Turn {
            situation,
            competitor,
            number,
        })
    })
}
