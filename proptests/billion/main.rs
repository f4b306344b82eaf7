//! A billion numbered messages through each buffer, as fast as they go: none is lost, none comes
//! twice, and those of a producer come in order.
//!
//!     cargo test --test billion -- --ignored --nocapture --test-threads 1
//!
//! The short form, a million, is part of `cargo test`. `AQUEDUCT_MESSAGES` asks for another number of
//! both. A bitmap for each consumer takes an eighth of a byte a message.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests look behind the machine"
)]

mod ledger;
mod pass;
#[path = "../placed.rs"]
#[allow(dead_code, reason = "the properties use the rest")]
mod placed;
mod sides;

/// So many messages pass from some sides to others, and a thousand times as many in the long form.
macro_rules! pass {
    ($name:ident, $sides:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn passes() {
                pass::pass(stringify!($name), pass::messages(1_000_000), $sides);
            }

            #[test]
            #[ignore = "the long form: a billion messages"]
            fn passes_long() {
                pass::pass(stringify!($name), pass::messages(1_000_000_000), $sides);
            }
        }
    };
}

pass!(spsc, sides::spsc());
pass!(mpmc, sides::mpmc(2, 2));
pass!(unbounded, sides::unbounded());
pass!(unbounded_of_many, sides::unbounded_of_many(2, 2));
