//! What the blocks took, how they compare, and what follows.

use serde::Serialize;

use super::quartiles::Quartiles;
use super::schedule::{Competitor, Situation, Turn};

/// The link should not take longer than the futex by more than this.
const GOAL: f64 = 1.1;
/// The upper quartile by the lower one, where a draw still tells something.
const TELLING: f64 = 1.5;

/// The blocks of one competitor in one situation, in nanoseconds a round trip.
#[derive(Serialize)]
struct Row {
    situation: Situation,
    competitor: Competitor,
    nanoseconds: Vec<f64>,
}

/// All blocks.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub struct Samples(Vec<Row>);

impl Samples {
    pub fn add(&mut self, turn: &Turn, nanoseconds: f64) {
        let &Turn {
            situation,
            competitor,
            ..
        } = turn;
        let is_its = |row: &&mut Row| (row.situation, row.competitor) == (situation, competitor);
        match self.0.iter_mut().find(is_its) {
            Some(row) => row.nanoseconds.push(nanoseconds),
            None => self.0.push(Row {
                situation,
                competitor,
                nanoseconds: vec![nanoseconds],
            }),
        }
    }

    /// The blocks of one competitor, in the order in which they were run.
    fn of(&self, situation: Situation, competitor: Competitor) -> &[f64] {
        let is_its = |row: &&Row| (row.situation, row.competitor) == (situation, competitor);
        let row = self.0.iter().find(is_its);
        row.map_or(&[], |row| &row.nanoseconds)
    }

    /// The blocks of one competitor by the neighbouring ones of another.
    fn ratios(&self, situation: Situation, one: Competitor, other: Competitor) -> Quartiles {
        let [one, other] = [one, other].map(|competitor| self.of(situation, competitor));
        Quartiles::of(one.iter().zip(other).map(|(one, other)| one / other))
    }

    /// A table of one situation, and whether the link is as fast there as it should be.
    pub fn print(&self, situation: Situation) {
        let name = situation.name();
        println!("\n{name}: ns a round trip, its fastest block, and by the neighbour of futex");
        for competitor in Competitor::ALL {
            let blocks = self.of(situation, competitor);
            let fastest = blocks.iter().copied().fold(f64::INFINITY, f64::min);
            let times = Quartiles::of(blocks.iter().copied());
            let ratios = self.ratios(situation, competitor, Competitor::Futex);
            let name = competitor.name();
            println!("  {name:<20} {times:>7.0}  {fastest:>7.0}   x {ratios:.2}");
        }
        let watched = self.ratios(situation, Competitor::Link, Competitor::Watched);
        println!("  the link by its neighbour of futex, life watched: x {watched:.2}");
        let ratios = self.ratios(situation, Competitor::Link, Competitor::Futex);
        let verdict = verdict(&ratios);
        println!("  at most {GOAL} times as long as a futex, or a draw? {verdict}");
    }
}

/// Whether the link is fast enough, by the ratios to the futex. It is a draw if the difference is smaller
/// than the spread: if 1 lies between the quartiles.
fn verdict(ratios: &Quartiles) -> &'static str {
    let &Quartiles {
        lower,
        median,
        upper,
    } = ratios;
    if lower <= 1.0 && upper >= 1.0 {
        if upper / lower > TELLING {
            "a draw, which says little: neighbours differ too much"
        } else {
            "a draw"
        }
    } else if median <= GOAL {
        "it holds"
    } else {
        "NO: the link is slower, beyond the spread"
    }
}
