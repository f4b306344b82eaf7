//! Where in an operation a victim may be stopped: before any of its instructions.
//!
//! A step is slow, and an operation may have tens of thousands of instructions. So they are counted
//! once, step by step. Afterwards a victim runs to a breakpoint in front of the one that was asked
//! for, and does a few steps from there.

use std::collections::HashMap;

use super::operation::{Fate, Operation};
use super::tracer::{Stand, Victim};
use crate::shm::Scratch;

/// A place before an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// How many instructions are done there.
    pub place: usize,
    /// The address of the next one, as it was once.
    pub address: u64,
    /// Whether it is the mark behind the operation.
    pub is_last: bool,
    /// The address to run to, how often it is come to, and so many steps from there; or steps from
    /// the mark.
    pub breakpoint: Option<(u64, usize)>,
    pub steps: usize,
}

/// How far in front of an instruction the breakpoint may be.
const FAR: usize = 40;

/// The instructions of an operation, as it has done them once.
///
/// Another run may have a few more or less, where it waits for its keeper or for memory. What it has
/// not come to at the mark behind the operation, it does not come to.
pub struct Trace {
    /// The address of each instruction, how often it was come to then, and last that of the mark.
    instructions: Vec<(u64, usize)>,
}

impl Trace {
    /// Does an operation step by step.
    pub fn of(operation: &Operation) -> Trace {
        let scratch = Scratch::new();
        let scene = (operation.set)(&scratch.name(), 0);
        let victim = Victim::start(operation, &scratch.name());
        let (mut instructions, mut counts) = (Vec::new(), HashMap::new());
        loop {
            let address = victim.instruction();
            let visits: &mut usize = counts.entry(address).or_default();
            *visits += 1;
            instructions.push((address, *visits));
            if victim.step() == Stand::End {
                break;
            }
        }
        victim.kill();
        scene.judge(Fate {
            began: true,
            ended: true,
            word: None,
        });
        Trace { instructions }
    }

    /// How many instructions there are.
    pub fn count(&self) -> usize {
        self.instructions.len() - 1
    }

    /// How many places there are: before each instruction, and at the mark behind the last.
    pub fn places(&self) -> usize {
        self.instructions.len()
    }

    /// The place behind so many instructions.
    pub fn point(&self, place: usize) -> Point {
        // The mark is one step more.
        let steps = place + usize::from(place == self.count());
        let from = place.saturating_sub(FAR);
        let before = self.instructions[from..=place].iter().enumerate();
        let cost = |&(offset, &(_, visits)): &(usize, &(u64, usize))| {
            // Each visit is a stop, as each step is; and setting it is two.
            visits + 2 + steps - (from + offset)
        };
        let near = before.min_by_key(cost).expect("it is not empty");
        let (offset, &breakpoint) = near;
        let is_near = cost(&near) < steps;
        Point {
            place,
            address: self.instructions[place].0,
            is_last: place == self.count(),
            breakpoint: is_near.then_some(breakpoint),
            steps: if is_near {
                steps - (from + offset)
            } else {
                steps
            },
        }
    }

    /// So many places, from the first to the last.
    pub fn spread(&self, count: usize) -> impl Iterator<Item = Point> + '_ {
        let last = count.max(2) - 1;
        (0..count).map(move |turn| self.point(turn * self.count() / last))
    }

    /// Every place.
    pub fn all(&self) -> impl Iterator<Item = Point> + '_ {
        (0..self.places()).map(|place| self.point(place))
    }
}
