//! Links and buffers between threads that go as fast as they can.
//!
//! A target of its own, which needs neither loom nor the command line, so that `ThreadSanitizer` can
//! look at it: `.ci/run` builds it once more for that. It sees what happens before what, in the
//! executions that happen, with the orderings as they are compiled. It does not see
//! synchronisation within the standard library, which is not built for it: threads are joined one
//! by one, and memory is borrowed, not counted.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests look behind the machine"
)]

mod frames;
mod link;
mod many;
#[path = "../sealed/memory.rs"]
mod memory;
mod mpmc;
mod sealed;
mod spsc;
mod unbounded;
mod values;

use std::thread;
use std::time::Duration;

use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::position::Position;

/// How many messages pass in each test, for each capacity.
const COUNT: u64 = 4_000;
const CAPACITIES: [usize; 4] = [1, 2, 3, 8];
/// Where streams start: the position wraps behind the fifth message.
const START: Position = Position::new(5_u64.wrapping_neg());
/// No pair of threads takes so long unless somebody was not woken; nor any one step.
const LONG: Duration = Duration::from_secs(10);

/// The end of a wait that starts now.
fn later() -> Duration {
    Native::now() + LONG
}

/// Waiting for the others, none of whom needs long for one step, however many there are.
#[derive(Default)]
struct Wait {
    until: Option<Duration>,
}

impl Wait {
    /// Lets the others run.
    fn give_way(&mut self) {
        let until = *self.until.get_or_insert_with(later);
        assert!(Native::now() < until, "somebody stands still");
        thread::yield_now();
    }
}
