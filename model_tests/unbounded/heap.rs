//! Segments on the heap, on the machine: their addresses are its words.

use super::push_and_pop;
use aqueduct::buffer::unbounded::{Blank, Heap, OnHeap, Positions, Segments, Shape, Unbounded};
use aqueduct::model::{self, Cell, Machine, Model};
use aqueduct::platform::Cell as _;
use aqueduct::position::{Capacity, Position};
use std::rc::Rc;
use std::sync::Arc;

pub fn models() -> Vec<Model> {
    let prefixes = ["[]", "[1]", "[1, 2]"];
    vec![
        one_by_one().outcomes(prefixes).at_least(1_000),
        two_reserve().outcomes(["[1, 1]"]).at_least(1_000),
        two_give_back().outcomes(["0"]).at_least(2),
    ]
}

pub fn to_sweep() -> Vec<Model> {
    vec![two_reserve(), two_give_back()]
}

fn shape(limit: usize, slots: usize) -> Shape {
    let [limit, slots] = [limit, slots].map(|count| Capacity::new(count).unwrap());
    Shape::with_segment(limit, slots).unwrap()
}

/// A buffer on the heap whose stream starts one message before the wrap.
pub fn buffer(limit: usize, slots: usize) -> Arc<OnHeap<Machine, u32>> {
    let words = Positions::new(Position::new(0).minus(1));
    let heap = Heap::new(words, shape(limit, slots)).unwrap();
    Arc::new(Unbounded::new(heap))
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

/// A slot that somebody of several may use.
struct Mark(Cell<u32>);

// SAFETY: the machine's own memory, which is no shared memory; who uses it is agreed below.
unsafe impl Blank for Mark {
    type Message = u32;

    fn blank() -> Self {
        Self(Cell::new(0))
    }
}

/// Two reserve one segment at once, and each uses a slot of it: they get the same slots.
fn two_reserve() -> Model {
    Model::new("two reserve one segment", || {
        let heap = Rc::new(Heap::<Machine, (), Mark>::new((), shape(1, 2)).unwrap());
        let mark = |heap: &Heap<Machine, (), Mark>, slot: usize| {
            heap.reserve(0).unwrap();
            // SAFETY: it was reserved, and nobody gives it back meanwhile.
            let slots = unsafe { heap.slots(0) };
            // SAFETY: each has a slot of its own.
            slots[slot].0.with_mut(|mark| unsafe { *mark += 1 });
        };
        let others = Rc::clone(&heap);
        let other = model::spawn(move || mark(&others, 1));
        mark(&heap, 0);
        other.join().unwrap();
        // SAFETY: both have ended, and the segment is there.
        let slots = unsafe { heap.slots(0) };
        // SAFETY: both have ended.
        let marks = [0, 1].map(|slot| slots[slot].0.with(|mark| unsafe { *mark }));
        // SAFETY: both have ended.
        unsafe { heap.give_back(0) };
        assert_eq!(heap.segments_there(), 0);
        format!("{marks:?}")
    })
}

/// Two give one segment back at once: it is freed once.
fn two_give_back() -> Model {
    Model::new("two give one segment back", || {
        let heap = Rc::new(Heap::<Machine, (), Mark>::new((), shape(1, 2)).unwrap());
        heap.reserve(0).unwrap();
        let others = Rc::clone(&heap);
        // SAFETY: nobody uses its slots.
        let other = model::spawn(move || unsafe { others.give_back(0) });
        // SAFETY: as above.
        unsafe { heap.give_back(0) };
        other.join().unwrap();
        heap.segments_there()
    })
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
