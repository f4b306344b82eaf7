//! Segments on the heap, on the machine: their addresses are its words.

use super::push_and_pop;
use aqueduct::buffer::unbounded::{Blank, Heap, OnHeap, Positions, Segments, Shape, Unbounded};
use aqueduct::model::{self, Machine, Model};
use aqueduct::position::{Capacity, Position};
use std::sync::Arc;

pub fn models() -> Vec<Model> {
    let prefixes = ["[]", "[1]", "[1, 2]"];
    vec![one_by_one().outcomes(prefixes).at_least(1_000)]
}

pub fn to_sweep() -> Vec<Model> {
    vec![one_by_one()]
}

fn shape(limit: usize, slots: usize) -> Shape {
    let [limit, slots] = [limit, slots].map(|count| Capacity::new(count).unwrap());
    Shape::with_segment(limit, slots).unwrap()
}

/// A buffer on the heap whose stream starts one message before the wrap.
pub fn buffer(limit: usize, slots: usize) -> Arc<OnHeap<Machine, u32>> {
    let words = Positions::new(Position::new(0).minus(1));
    let heap = Heap::new(words, shape(limit, slots)).unwrap();
    Arc::new(Unbounded::begin(heap).unwrap())
}

/// The producer pushes, the consumer pops, and segments are freed and allocated again.
fn one_by_one() -> Model {
    Model::new("one by one, on the heap", || {
        let buffer = buffer(1, 1);
        let early = push_and_pop(&buffer, [3, 2]);
        assert_eq!(buffer.memory().segments_there(), 0, "all is freed");
        early
    })
}

/// A slot that is never used.
struct Mark;

// SAFETY: nobody uses it.
unsafe impl Blank for Mark {
    type Message = u32;

    fn blank() -> Self {
        Self
    }
}

/// A heap with a segment is dropped by a process that may stop at it.
pub fn dropped() -> Model {
    Model::new("a heap that is dropped", || {
        let heap = Heap::<Machine, (), Mark>::new((), shape(1, 2)).unwrap();
        heap.reserve(0).unwrap();
        let dropping = model::process(1, move || {
            assert_eq!(heap.segments_there(), 1);
            drop(heap);
        });
        // Somebody is to go on while it stands still.
        let other = model::spawn(|| ());
        other.join().unwrap();
        dropping.join().is_some()
    })
}
