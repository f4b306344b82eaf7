//! What may pass between processes, and what bad input comes to: types that are refused, bytes that
//! are no value, capacities that cannot be, and values that panic.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests look behind the machine"
)]

mod allocations;
mod capacities;
mod dropped;
mod placed;
mod refused;
#[path = "../scratch.rs"]
#[expect(dead_code, reason = "another target uses the rest")]
mod scratch;
mod shared;
mod unchecked;
