//! A buffer in an object: found once it has a name, held by its clones, beside bytes that are the
//! caller's; and whatever bytes stand in the object, they are a buffer, or a corrupt one.

use std::thread;

use aqueduct::buffer::{Owner, frames, mpmc, spsc, textbook};
use aqueduct::place::{Place, Plain};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{DEFAULT_MODE, Mapping, Object, Placed, Shareable};

use crate::scratch::Scratch;
use crate::shared::{FRONT, attached, capacity, opened};

type Ring = Placed<spsc::Ring<Native, u64>>;

/// What the caller keeps in front of the buffer.
const HEADER: [u8; FRONT] = [0xCA; FRONT];

fn write_header(mapping: &Mapping) {
    // SAFETY: the bytes in front are the test's, and nobody else looks at them now.
    unsafe { mapping.as_ptr().cast::<[u8; FRONT]>().write(HEADER) };
}

fn has_header(mapping: &Mapping) -> bool {
    // SAFETY: the bytes in front are the test's, and nobody writes to them now.
    HEADER == unsafe { mapping.as_ptr().cast::<[u8; FRONT]>().read() }
}

#[test]
fn a_buffer_is_found_once_it_has_a_name() {
    let (scratch, few) = (Scratch::new(), capacity(3));
    let start = Position::new(u64::MAX - 1);
    let ring = Ring::create(scratch.name(), DEFAULT_MODE, FRONT, few, start).expect("small");
    assert!(!scratch.name().path().exists());
    write_header(ring.mapping());
    ring.object().publish().expect("the name is free");

    let other: Ring = attached(&scratch, few);
    assert_ne!(other.mapping().as_ptr(), ring.mapping().as_ptr());
    assert_eq!(other.positions(), (start, start));
    // SAFETY: the ring was placed with this capacity, and has no other producer.
    let mut producer = unsafe { spsc::Producer::attach(ring.clone(), few) }.expect("new");
    // SAFETY: nor another consumer; its messages are numbers.
    let mut consumer = unsafe { spsc::Consumer::attach(other.clone(), few) }.expect("new");
    drop((ring, other));
    let producing = thread::spawn(move || {
        for number in 0..1_000 {
            while producer.push(number).is_err() {
                thread::yield_now();
            }
        }
        producer
    });
    for number in 0..1_000 {
        while consumer.filled(1) == Ok(0) {
            thread::yield_now();
        }
        assert_eq!(consumer.pop(), Ok(number));
    }
    let producer = producing.join().expect("it does not panic");
    for ring in [producer.ring(), consumer.ring()] {
        assert!(has_header(ring.mapping()));
        assert_eq!(ring.positions(), (start.plus(1_000), start.plus(1_000)));
    }
}

/// The bytes that stand in an object: Marsaglia's xorshift, of many kinds of numbers.
struct Bytes(u64);

impl Bytes {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let rest = self.0 / 6;
        match self.0 % 6 {
            0 => 0,
            1 => u64::MAX - rest % 3,
            2 => rest % 6,
            // Records in the first laps, some of them far too long.
            3 => rest % (1 << 24),
            4 => (1 << 50) | (rest % (1 << 24)),
            _ => self.0,
        }
    }
}

/// No power of two.
const FEW: usize = 3;

/// Attaches to objects full of any bytes, and lets `use_it` do so with the buffer; nothing in front of
/// it is touched.
fn is_one_whatever_the_bytes<S: Shareable<Message: Plain> + Place + ?Sized>(
    use_it: impl Fn(Placed<S>, Capacity),
) {
    let (scratch, few) = (Scratch::new(), capacity(FEW));
    let len = FRONT + S::layout(few).expect("small").size();
    let object = Object::create(scratch.name(), len, DEFAULT_MODE, |_| ()).expect("small");
    let mapping = object.map(len).expect("it is so long");
    write_header(&mapping);
    let mut bytes = Bytes(0x9E37_79B9_7F4A_7C15);
    for _ in 0..2_000 {
        for offset in (FRONT..len).step_by(8) {
            let word = mapping.as_ptr().wrapping_add(offset);
            let bytes = bytes.next().to_ne_bytes();
            // SAFETY: it lies in the mapping, and nobody else uses it now.
            unsafe { word.cast::<[u8; 8]>().write(bytes) };
        }
        let placed = Placed::attach(opened(scratch.name()), FRONT, few).expect("it is as long");
        use_it(placed, few);
        assert!(has_header(&mapping));
    }
}

#[test]
fn any_bytes_are_a_textbooks_buffer() {
    is_one_whatever_the_bytes::<textbook::Buffer<Native, u64>>(|buffer, few| {
        // SAFETY: it is seen with this size, and has no other producer.
        let producer = unsafe { textbook::Producer::attach(buffer.clone(), few.into()) };
        // SAFETY: nor another consumer; any bytes are a message.
        let consumer = unsafe { textbook::Consumer::attach(buffer, few.into()) };
        if let (Ok(mut producer), Ok(mut consumer)) = (producer, consumer) {
            for _ in 0..=FEW {
                let _ = (consumer.pop(), producer.push(7));
            }
        }
    });
}

#[test]
fn any_bytes_are_a_ring() {
    is_one_whatever_the_bytes::<spsc::Ring<Native, u64>>(|ring, few| {
        // SAFETY: it is seen with this capacity, and has no other producer.
        let producer = unsafe { spsc::Producer::attach(ring.clone(), few) };
        // SAFETY: nor another consumer; any bytes are a message.
        let consumer = unsafe { spsc::Consumer::attach(ring, few) };
        if let (Ok(mut producer), Ok(mut consumer)) = (producer, consumer) {
            for _ in 0..=FEW {
                let _ = (consumer.pop(), producer.push(7));
            }
        }
    });
}

#[test]
fn any_bytes_are_a_ring_of_many() {
    is_one_whatever_the_bytes::<mpmc::Ring<Native, u64>>(|ring, _| {
        assert!(!format!("{:?} {}", &*ring, ring.filled()).is_empty());
        // SAFETY: nobody else has this number.
        let producer = unsafe { mpmc::Producer::attach(ring.clone(), Owner::new(1)) };
        // SAFETY: as above; any bytes are a message.
        let consumer = unsafe { mpmc::Consumer::attach(ring.clone(), Owner::new(2)) };
        for number in 0..=4 {
            let _ = (consumer.pop(), producer.push(7));
            // SAFETY: nobody has this number.
            let _ = unsafe { ring.recover(Owner::new(number + 3)) };
        }
    });
}

#[test]
fn any_bytes_are_a_buffer_of_records() {
    is_one_whatever_the_bytes::<frames::Frames<Native, 8>>(|frames, _| {
        // SAFETY: nobody else has this number.
        let producer = unsafe { frames::Producer::attach(frames.clone(), Owner::new(1)) };
        // SAFETY: there is no other consumer.
        let mut consumer = unsafe { frames::Consumer::attach(frames) };
        let mut record = Vec::new();
        for _ in 0..=FEW {
            let _ = (consumer.pop(&mut record), producer.push(b"seven"));
            assert!(record.len() <= producer.longest());
        }
    });
}
