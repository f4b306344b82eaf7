//! Capacities that cannot be, and records that do not fit: each is an error of its own, for every
//! buffer, on the heap and in shared memory; nothing is allocated, made or lost.

use std::fmt::Debug;
use std::io;

use aqueduct::buffer::unbounded::{Heap, NoMemory, Positions, Shape, Slot};
use aqueduct::buffer::{Owner, frames, mpmc, spsc, textbook};
use aqueduct::link::Link;
use aqueduct::open::{AttachError, Options};
use aqueduct::place::header::SizeError;
use aqueduct::place::{Place, Plain, Schema, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, CapacityError, Position};
use aqueduct::shm::{
    CreateError, DEFAULT_MODE, FOLDER, FitError, Object, Placed, Shareable, SparseBuffer,
};
use aqueduct::threads;
use nix::sys::statvfs::statvfs;
use zerocopy::{FromBytes, IntoBytes};

use crate::allocations::{self, Blocks};
use crate::scratch::Scratch;
use crate::shared::{FRONT, attached, capacity, created, opened};

/// Each overflows when it is multiplied by the size of a slot, or before that.
const HUGE: [usize; 3] = [usize::MAX, usize::MAX / 2 + 1, isize::MAX.cast_unsigned()];

/// A message on lines of its own.
#[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
#[repr(C, align(512))]
struct Far([u8; 512]);

/// A message that no page can hold where it has to lie.
#[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
#[repr(C, align(1048576))]
struct Farther([u8; 1 << 20]);

/// The huge capacities that can be counted at all.
fn countable() -> impl Iterator<Item = Capacity> {
    HUGE.into_iter().filter_map(|huge| Capacity::new(huge).ok())
}

/// What `f` returns; it touches no block of the heap.
fn without_memory<R>(f: impl FnOnce() -> R) -> R {
    let (result, blocks) = allocations::of(f);
    assert_eq!(blocks, Blocks { made: 0, freed: 0 });
    result
}

#[test]
fn no_capacity_is_zero_or_beyond_counting() {
    for (capacity, refused) in [
        (0, CapacityError::Zero),
        (usize::MAX, CapacityError::TooLarge(usize::MAX)),
    ] {
        assert_eq!(without_memory(|| Capacity::new(capacity)), Err(refused));
        let link = without_memory(|| threads::bounded::<u64>(capacity));
        assert_eq!(link.err(), Some(refused));
    }
    for slots in [0, 1] {
        let refused = textbook::SizeError::TooSmall(slots);
        assert_eq!(textbook::BufferSize::new(slots), Err(refused));
    }
    let refused = textbook::SizeError::TooLarge(usize::MAX);
    assert_eq!(textbook::BufferSize::new(usize::MAX), Err(refused));
    assert_eq!(countable().count(), 2);
}

/// For the buffers that are one block.
fn is_too_large_for_the_heap<S: Place + ?Sized>() {
    for capacity in countable() {
        let refused = without_memory(|| boxed::<S>(capacity, Position::new(0)));
        assert!(refused.is_err(), "{capacity:?} slots cannot be addressed");
    }
}

/// The same in shared memory, where nothing appears under the name.
fn is_too_large_for_an_object<S: Shareable<Message: Plain> + Place + ?Sized>() {
    let scratch = Scratch::new();
    let start = Position::new(0);
    for capacity in countable() {
        let placed = Placed::<S>::create(scratch.name(), DEFAULT_MODE, FRONT, capacity, start);
        is_unfit(placed, FitError::TooLarge);
        let object = Object::unnamed(scratch.name(), 4096, DEFAULT_MODE).expect("there is space");
        let placed = Placed::<S>::attach(object, FRONT, capacity);
        assert_eq!(
            placed.expect_err("too large").kind(),
            io::ErrorKind::InvalidInput
        );
    }
    assert!(!scratch.name().path().exists());
}

fn is_unfit<T: Debug>(created: Result<T, CreateError>, why: FitError) {
    match created.expect_err("it does not fit") {
        CreateError::Unfit { source, .. } => assert_eq!(source, why),
        other => panic!("another error: {other}"),
    }
}

fn is_aligned_too_far<T: Debug>(created: Result<T, CreateError>) {
    match created.expect_err("it does not fit") {
        CreateError::Unfit {
            source: FitError::Alignment { align, page },
            ..
        } => assert!(align == align_of::<Farther>() && page < align),
        other => panic!("another error: {other}"),
    }
}

fn is_too_large<S: Shareable<Message: Plain> + Place + ?Sized>() {
    is_too_large_for_the_heap::<S>();
    is_too_large_for_an_object::<S>();
}

#[test]
fn what_cannot_be_addressed_is_refused() {
    is_too_large::<textbook::Buffer<Native, u8>>();
    is_too_large::<textbook::Buffer<Native, u64>>();
    is_too_large::<textbook::Buffer<Native, Far>>();
    is_too_large::<spsc::Ring<Native, u8>>();
    is_too_large::<spsc::Ring<Native, u64>>();
    is_too_large::<spsc::Ring<Native, Far>>();
    // A message of no bytes has a word in this ring.
    is_too_large::<mpmc::Ring<Native, ()>>();
    is_too_large::<mpmc::Ring<Native, u8>>();
    is_too_large::<mpmc::Ring<Native, Far>>();
    is_too_large::<frames::Frames<Native>>();
    is_too_large::<frames::Frames<Native, 1>>();
    is_too_large_for_the_heap::<Link<Native, u8>>();
    is_too_large_for_the_heap::<Link<Native, Far>>();
}

#[test]
fn a_link_between_threads_that_cannot_be_addressed_is_refused() {
    for huge in HUGE {
        let refused = without_memory(|| threads::bounded::<u8>(huge));
        assert_eq!(refused.err(), Some(CapacityError::TooLarge(huge)));
    }
}

#[test]
fn a_link_on_a_name_that_cannot_be_addressed_is_refused() {
    let scratch = Scratch::new();
    for capacity in countable() {
        let options = Options::new().capacity(capacity);
        let refused = options.sender::<u64>(&scratch.name());
        match refused.err() {
            Some(AttachError::Size(why)) => assert_eq!(why, SizeError::Overflow(capacity.get())),
            other => panic!("another answer: {other:?}"),
        }
    }
    assert!(!scratch.name().path().exists());
}

/// Slots of no bytes take no memory, however many there are: the sides find the same ring.
#[test]
fn a_huge_ring_of_nothing_is_a_ring() {
    for capacity in countable() {
        let ring = boxed::<spsc::Ring<Native, ()>>(capacity, Position::new(0)).expect("no bytes");
        // SAFETY: the ring is new and of this capacity.
        let (mut producer, mut consumer) = unsafe { spsc::split(&*ring, capacity) }.expect("new");
        assert_eq!(producer.push(()), Ok(()));
        assert_eq!(consumer.pop(), Ok(()));
        let size = capacity.into();
        let (mut producer, mut consumer) = textbook::on_heap::<Native, ()>(size).expect("no bytes");
        assert_eq!(producer.push(()), Ok(()));
        assert_eq!(consumer.pop(), Ok(()));
    }
}

fn words() -> Positions<Native> {
    Positions::new(Position::new(0))
}

#[test]
fn an_unbounded_buffer_has_a_limit_that_can_be_addressed() {
    for limit in countable() {
        let refused = CapacityError::TooLarge(limit.get());
        assert_eq!(without_memory(|| Shape::new(limit)), Err(refused));
        assert_eq!(Shape::with_segment(limit, limit), Err(refused));
        assert!(Shape::with_segment(capacity(1), limit).is_err());
    }
}

#[test]
fn an_unbounded_buffer_that_cannot_be_addressed_is_refused() {
    let scratch = Scratch::new();
    let (large, most) = (capacity(1 << 61), capacity(HUGE[2]));
    // A segment that is too large, and too many of them.
    for (limit, slots) in [(large, large), (large, capacity(1)), (most, capacity(1))] {
        let shape = Shape::with_segment(limit, slots).expect("it can be counted");
        let heap = without_memory(|| Heap::<Native, _, Slot<Native, u64>>::new(words(), shape));
        assert_eq!(heap.err(), Some(NoMemory));
        let sparse = |front| {
            SparseBuffer::<u64>::create(scratch.name(), DEFAULT_MODE, front, shape, words())
        };
        is_unfit(sparse(FRONT), FitError::TooLarge);
        let object = Object::unnamed(scratch.name(), 4096, DEFAULT_MODE).expect("there is space");
        let sparse = SparseBuffer::<u64>::attach(object, FRONT, shape);
        assert_eq!(
            sparse.expect_err("too large").kind(),
            io::ErrorKind::InvalidInput
        );
    }
    assert!(!scratch.name().path().exists());
}

/// What stands in front moves the buffer where it cannot lie, or out of all memory.
#[test]
fn a_buffer_lies_where_it_has_to() {
    let (scratch, start) = (Scratch::new(), Position::new(0));
    let (front, align) = (FRONT + 8, 512);
    let ring = |front| {
        let few = capacity(4);
        Placed::<spsc::Ring<Native, Far>>::create(scratch.name(), DEFAULT_MODE, front, few, start)
    };
    is_unfit(ring(front), FitError::Front { front, align });
    is_unfit(ring(usize::MAX - 511), FitError::TooLarge);
    let far = Placed::<spsc::Ring<Native, Farther>>::create(
        scratch.name(),
        DEFAULT_MODE,
        0,
        capacity(1),
        start,
    );
    is_aligned_too_far(far);

    let shape = Shape::with_segment(capacity(4), capacity(4)).expect("a small shape");
    let sparse =
        |front| SparseBuffer::<u64>::create(scratch.name(), DEFAULT_MODE, front, shape, words());
    let align = align_of::<Positions<Native>>();
    is_unfit(sparse(front), FitError::Front { front, align });
    is_unfit(sparse(usize::MAX - 1023), FitError::TooLarge);
    let far = SparseBuffer::<Farther>::create(scratch.name(), DEFAULT_MODE, FRONT, shape, words());
    is_aligned_too_far(far);
    assert!(!scratch.name().path().exists());
}

/// An object that is shorter than the buffer is not touched where it is not there.
#[test]
fn no_buffer_is_seen_in_an_object_that_is_shorter() {
    let scratch = Scratch::new();
    let ring = created::<spsc::Ring<Native, u64>>(&scratch, capacity(4));
    let len = ring.object().len().expect("it can be asked");
    assert_eq!(ring.mapping().len() as u64, len);
    let longer =
        Placed::<spsc::Ring<Native, u64>>::attach(opened(scratch.name()), FRONT, capacity(64));
    assert_eq!(
        longer.expect_err("too short").kind(),
        io::ErrorKind::InvalidInput
    );
}

/// The kernel's own ENOSPC, before anything is touched.
#[test]
fn more_than_there_is_of_shared_memory_is_no_space() {
    let scratch = Scratch::new();
    let folder = statvfs(FOLDER).expect("the folder can be asked");
    if folder.blocks() == 0 {
        println!("skipped: {FOLDER} has no limit");
        return;
    }
    let most = capacity(1 << 45);
    let start = Position::new(0);
    let ring =
        Placed::<spsc::Ring<Native, u64>>::create(scratch.name(), DEFAULT_MODE, 0, most, start);
    match ring.expect_err("no machine has so much") {
        CreateError::NoSpace { wanted, .. } => assert!(wanted > 8 << 45, "{wanted}"),
        other => panic!("another error: {other}"),
    }
    assert!(!scratch.name().path().exists());
}

#[test]
fn a_record_that_does_not_fit_is_refused_and_nothing_is_lost() {
    let (scratch, blocks) = (Scratch::new(), capacity(8));
    let there = created::<frames::Frames<Native>>(&scratch, blocks);
    let here = attached::<frames::Frames<Native>>(&scratch, blocks);
    let owner = Owner::new(7);
    // SAFETY: nobody else has this number.
    let producer = unsafe { frames::Producer::attach(there, owner) };
    // SAFETY: there is no other consumer.
    let mut consumer = unsafe { frames::Consumer::attach(here) };
    let longest = producer.longest();
    assert_eq!(longest, 4 * 64);
    producer.push(b"before").expect("there is room");
    let above = 1 << 32;
    for length in [
        longest + 1,
        8 * 64,
        9 * 64,
        above - 1,
        above,
        HUGE[2],
        HUGE[1],
        HUGE[0],
    ] {
        let refused = frames::ClaimError::TooLong { length, longest };
        let claimed = without_memory(|| producer.claim(length).err());
        assert_eq!(claimed, Some(refused));
    }
    assert!(producer.push(&vec![7; longest + 1]).is_err());
    producer.push(b"behind").expect("there is room");
    let mut record = Vec::new();
    for expected in [b"before", b"behind"] {
        consumer.pop(&mut record).expect("there is one");
        assert_eq!(record, expected);
    }
    assert_eq!(consumer.pop(&mut record), Err(frames::TakeError::Empty));
    // All of the room is there again.
    producer.push(&vec![7; longest]).expect("there is room");
    consumer.pop(&mut record).expect("there is one");
    assert_eq!(record, vec![7; longest]);
}
