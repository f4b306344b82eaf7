//! Memory for segments: none is an error, and what is drained goes back.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aqueduct::buffer::unbounded::{
    Heap, NoMemory, Positions, PushError, PushSliceError, Segments, Slot, Unbounded, split,
};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::FOLDER;
use nix::sys::statvfs::statvfs;
use proptest::prelude::*;

use super::memory::{Account, Accounted, begun, in_object, shape};
use crate::shm::Scratch;
use crate::spec::{property, starts};

property! {
    fn a_stream_begins_within_a_segment_that_is_there(slots in 1..=8_usize, start in starts()) {
        let (account, shape, start) = (Account::default(), shape(9, slots), Position::new(start));
        let begin = || {
            let heap: Heap<Native, _, Slot<Native, u64>> = Heap::new(Positions::new(start), shape)?;
            Unbounded::begin(Accounted::of(heap, &account))
        };
        let within = !shape.begins(start);
        account.refuses.store(true, Relaxed);
        prop_assert_eq!(begin().map(drop), if within { Err(NoMemory) } else { Ok(()) });
        account.refuses.store(false, Relaxed);
        let buffer = begin().expect("there is memory");
        prop_assert_eq!(buffer.memory().memory().segments_there(), usize::from(within));
    }
}

#[test]
fn what_is_drained_goes_back() {
    let scratch = Scratch::new();
    let memory = in_object::<u64>(&scratch, shape(1 << 20, 8_192), Position::new(0));
    let buffer = begun(memory);
    let allocated = || {
        buffer
            .memory()
            .object()
            .allocated()
            .expect("it can be asked")
    };
    // SAFETY: the buffer is new.
    let (mut producer, mut consumer) = unsafe { split(Arc::clone(&buffer)) }.expect("new");
    let empty = allocated();
    assert!(empty <= 4 * 4096, "a page or two for the words: {empty}");
    let messages: Vec<u64> = (0..300_000).collect();
    assert_eq!(producer.push_slice(&messages), Ok(300_000));
    let full = allocated();
    assert!(full >= 300_000 * 8, "{full}");
    let mut popped = vec![0; 150_000];
    assert_eq!(consumer.pop_slice(&mut popped), Ok(150_000));
    assert_eq!(popped, messages[..150_000]);
    let half = allocated();
    assert!((150_000 * 8..200_000 * 8).contains(&half), "{half}");
    assert_eq!(consumer.pop_slice(&mut popped), Ok(150_000));
    assert_eq!(popped, messages[150_000..]);
    assert!(allocated() <= empty + 8_192 * 8, "{}", allocated());
    // A multiple of the segment: not even that one is left.
    let rest = 8_192 - 300_000 % 8_192;
    assert_eq!(producer.push_slice(&messages[..rest]), Ok(rest));
    assert_eq!(consumer.pop_slice(&mut popped[..rest]), Ok(rest));
    assert_eq!(allocated(), empty);
}

/// A segment that is larger than the folder of shared memory can be gets the kernel's own ENOSPC, at
/// once and without taking memory from others.
#[test]
fn the_kernel_has_no_space() {
    let folder = statvfs(FOLDER).expect("it is mounted");
    let size = folder.blocks() * folder.fragment_size();
    // A folder without a limit has no blocks; one this large cannot be mapped.
    if size == 0 || size > 1 << 44 {
        return;
    }
    let slots = usize::try_from(size.next_power_of_two()).expect("it is below");
    let scratch = Scratch::new();
    let memory = in_object::<u64>(&scratch, shape(slots, slots), Position::new(0));
    let buffer = begun(memory);
    assert_eq!(buffer.memory().shape().slots(), slots);
    // SAFETY: the buffer is new.
    let (mut producer, mut consumer) = unsafe { split(Arc::clone(&buffer)) }.expect("new");
    let before = buffer
        .memory()
        .object()
        .allocated()
        .expect("it can be asked");
    for _ in 0..2 {
        assert_eq!(producer.push(7), Err(PushError::NoMemory(7)));
        assert!(matches!(
            producer.push_slice(&[7]),
            Err(PushSliceError::NoMemory(_))
        ));
    }
    assert!(consumer.pop().is_err(), "nothing went in");
    let after = buffer
        .memory()
        .object()
        .allocated()
        .expect("it can be asked");
    assert_eq!(after, before);
}

#[test]
fn what_cannot_be_addressed_is_refused() {
    let scratch = Scratch::new();
    let [limit, slots] = [1 << 62, 1 << 20].map(|count| Capacity::new(count).expect("not zero"));
    let shape = aqueduct::buffer::unbounded::Shape::with_segment(limit, slots).expect("it counts");
    let words = aqueduct::buffer::unbounded::Positions::new(Position::new(0));
    let refused =
        aqueduct::shm::SparseBuffer::<u64>::create(scratch.name(), 0o600, 128, shape, words);
    let refused = refused.expect_err("too large").to_string();
    assert!(refused.contains("ask for less"), "{refused}");
}
