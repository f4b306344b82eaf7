//! A ring, drawn for whoever looks at a failed run.

use aqueduct::buffer::spsc::{Consumer, Ring};
use aqueduct::model::Machine;
use aqueduct::position::Capacity;
use std::fmt::Debug;

/// The messages between head and tail, and the room behind them: `[1 2 .]  head 5, tail 7`.
pub fn picture<T: Copy + Debug>(ring: &Ring<Machine, T>, capacity: Capacity) -> String {
    let (head, tail) = ring.positions();
    let [from, to] = [head, tail].map(|position| position.count().cast_signed());
    // SAFETY: the ring is of this capacity. There is another consumer; but nothing else happens
    // while a picture is drawn, and this one takes nothing.
    let Ok(mut consumer) = (unsafe { Consumer::attach(ring, capacity) }) else {
        return format!("[corrupt]  head {from}, tail {to}");
    };
    let mut slots = Vec::new();
    let mut taken = consumer.take();
    let look = |slots: &mut Vec<String>, run: &[T]| {
        slots.extend(run.iter().map(|message| format!("{message:?}")));
        run.len()
    };
    while taken
        .read(capacity.get(), |run| look(&mut slots, run))
        .is_ok_and(|read| read > 0)
    {}
    slots.resize(capacity.get(), ".".to_owned());
    format!("[{}]  head {from}, tail {to}", slots.join(" "))
}
