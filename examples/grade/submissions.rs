//! What was handed in.

mod hasty;
mod locked;
mod ring;
mod strong;

use aqueduct::model::Machine;

pub type Hasty = hasty::Hasty<Machine>;
pub type Locked = locked::Locked<Machine>;
pub type Ring = ring::Ring<Machine>;
pub type Strong = strong::Strong<Machine>;
