//! Values of which not every bit pattern is one: right ones pass through every buffer, between two
//! mappings; of bytes that are none the receiver is told, and the buffer goes on.

use std::fmt::Debug;
use std::num::NonZeroU16;
use std::sync::Arc;

use aqueduct::buffer::unbounded::{Positions, Shape, Unbounded, many};
use aqueduct::buffer::{Owner, frames, mpmc, spsc, textbook, unbounded};
use aqueduct::open::{AttachError, Options};
use aqueduct::place::header::HeaderError;
use aqueduct::place::{Checkable, Plain, Unchecked};
use aqueduct::platform::native::Native;
use aqueduct::position::Position;
use aqueduct::shm::{DEFAULT_MODE, SparseBuffer};
use zerocopy::{Immutable, IntoBytes};

use crate::scratch::Scratch;
use crate::shared::{FRONT, Light, Order, attached, attached_unbounded, capacity, created};

/// A value as its peer may send it: as `Raw`, of the same size, which knows nothing of the type.
trait Sent: Checkable + PartialEq + Debug {
    type Raw: Plain + IntoBytes + Immutable;

    /// Some bits, and the value that they are.
    fn cases() -> Vec<(Self::Raw, Option<Self>)>;
}

impl Sent for bool {
    type Raw = u8;

    fn cases() -> Vec<(u8, Option<Self>)> {
        let valid = [(1, Some(true)), (0, Some(false))];
        [(0, Some(false)), (2, None), (255, None)]
            .into_iter()
            .chain(valid)
            .collect()
    }
}

impl Sent for Light {
    type Raw = u8;

    fn cases() -> Vec<(u8, Option<Self>)> {
        let [red, green] = [Light::Red, Light::Green].map(Some);
        vec![(1, green), (2, None), (0, red), (255, None), (1, green)]
    }
}

impl Sent for char {
    type Raw = u32;

    fn cases() -> Vec<(u32, Option<Self>)> {
        let letter = u32::from('ß');
        vec![
            (letter, Some('ß')),
            (0xD800, None),
            (0x0011_0000, None),
            (letter, Some('ß')),
        ]
    }
}

impl Sent for Order {
    type Raw = [u16; 2];

    fn cases() -> Vec<([u16; 2], Option<Self>)> {
        let bits = |light, urgent, count| [u16::from_ne_bytes([light, urgent]), count];
        let order = Order {
            light: Light::Green,
            urgent: true,
            count: NonZeroU16::MIN,
        };
        vec![
            (bits(1, 1, 1), Some(order)),
            (bits(2, 1, 1), None),
            (bits(1, 2, 1), None),
            (bits(1, 1, 0), None),
            (bits(1, 1, 1), Some(order)),
        ]
    }
}

/// Sends the bits of each case and receives them as a `T`.
fn pass<T: Sent>(mut send: impl FnMut(T::Raw), mut receive: impl FnMut() -> Unchecked<T>) {
    for (bits, value) in T::cases() {
        send(bits);
        let received = receive().get();
        assert_eq!(received.ok(), value);
        if let Err(invalid) = received {
            let said = invalid.to_string();
            assert!(said.contains(std::any::type_name::<T>()), "{said}");
            assert!(said.contains("leave the message out"), "{said}");
        }
    }
}

fn through_textbook<T: Sent>() {
    let (scratch, size) = (
        Scratch::new(),
        textbook::BufferSize::new(4).expect("2 or more"),
    );
    let create = created::<textbook::Buffer<Native, T::Raw>>;
    let (there, here) = (
        create(&scratch, size.capacity()),
        attached::<textbook::Buffer<Native, Unchecked<T>>>(&scratch, size.capacity()),
    );
    // SAFETY: the buffer was placed with this size, and has no other producer.
    let mut producer = unsafe { textbook::Producer::attach(there, size) }.expect("new");
    // SAFETY: as above; any bytes are a message.
    let mut consumer = unsafe { textbook::Consumer::attach(here, size) }.expect("new");
    pass(
        |bits| assert!(producer.push(bits).is_ok()),
        || consumer.pop().expect("there is one"),
    );
}

fn through_spsc<T: Sent>() {
    let (scratch, capacity) = (Scratch::new(), capacity(3));
    let there = created::<spsc::Ring<Native, T::Raw>>(&scratch, capacity);
    let here = attached::<spsc::Ring<Native, Unchecked<T>>>(&scratch, capacity);
    // SAFETY: the ring was placed with this capacity, and has no other producer.
    let mut producer = unsafe { spsc::Producer::attach(there, capacity) }.expect("new");
    // SAFETY: as above; any bytes are a message.
    let mut consumer = unsafe { spsc::Consumer::attach(here, capacity) }.expect("new");
    pass(
        |bits| assert!(producer.push(bits).is_ok()),
        || consumer.pop().expect("there is one"),
    );
}

fn through_mpmc<T: Sent>() {
    let (scratch, capacity) = (Scratch::new(), capacity(3));
    let there = created::<mpmc::Ring<Native, T::Raw>>(&scratch, capacity);
    let here = attached::<mpmc::Ring<Native, Unchecked<T>>>(&scratch, capacity);
    // SAFETY: nobody else has this number.
    let producer = unsafe { mpmc::Producer::attach(there, Owner::new(1)) };
    // SAFETY: as above; any bytes are a message.
    let consumer = unsafe { mpmc::Consumer::attach(here, Owner::new(2)) };
    pass(
        |bits| assert!(producer.push(bits).is_ok()),
        || consumer.pop().expect("there is one"),
    );
}

/// Sides of their own, and then sides that several share.
fn through_unbounded<T: Sent>() {
    let scratch = Scratch::new();
    let shape = Shape::with_segment(capacity(3), capacity(2)).expect("a small shape");
    let words = Positions::new(Position::new(0));
    let memory = SparseBuffer::<T::Raw>::create(scratch.name(), DEFAULT_MODE, FRONT, shape, words);
    let there = Unbounded::new(memory.expect("there is space"));
    there.memory().object().publish().expect("the name is free");
    let here = attached_unbounded::<Unchecked<T>>(&scratch, shape);
    let (there, here) = (Arc::new(there), Arc::new(here));
    // SAFETY: the buffer is new and has no other producer.
    let producer = unsafe { unbounded::Producer::attach(Arc::clone(&there)) };
    // SAFETY: as above; any bytes are a message.
    let consumer = unsafe { unbounded::Consumer::attach(Arc::clone(&here)) };
    let (mut producer, mut consumer) = (producer.expect("new"), consumer.expect("new"));
    pass(
        |bits| assert!(producer.push(bits).is_ok()),
        || consumer.pop().expect("there is one"),
    );
    // SAFETY: the others are not used again; nobody else has this number.
    let mut producer = unsafe { many::Producer::attach(there, Owner::new(1)) };
    // SAFETY: as above; any bytes are a message.
    let mut consumer = unsafe { many::Consumer::attach(here, Owner::new(2)) };
    pass(
        |bits| assert!(producer.push(bits).is_ok()),
        || consumer.pop().expect("there is one"),
    );
}

fn through_frames<T: Sent>() {
    let (scratch, blocks) = (Scratch::new(), capacity(4));
    let there = created::<frames::Frames<Native>>(&scratch, blocks);
    let here = attached::<frames::Frames<Native>>(&scratch, blocks);
    // SAFETY: nobody else has this number.
    let producer = unsafe { frames::Producer::attach(there, Owner::new(1)) };
    // SAFETY: there is no other consumer.
    let mut consumer = unsafe { frames::Consumer::attach(here) };
    pass::<T>(
        |bits| producer.push(bits.as_bytes()).expect("there is room"),
        || {
            let record = consumer.peek().expect("there is one");
            let message = record.read(Unchecked::from_bytes);
            record.release();
            message.expect("it is as long")
        },
    );
}

/// A link says of which type its messages are, so a broken peer has to send the right type.
fn through_a_link<T: Sent>() {
    let scratch = Scratch::new();
    let options = Options::new().capacity(capacity(3));
    let sender = options.sender::<Unchecked<T>>(&scratch.name());
    let receiver = options.receiver::<Unchecked<T>>(&scratch.name());
    let (mut sender, mut receiver) = (sender.expect("new"), receiver.expect("it fits"));
    pass(
        |bits: T::Raw| {
            let message = Unchecked::from_bytes(bits.as_bytes()).expect("as many bytes");
            sender.send(message).expect("the peer is there");
        },
        || receiver.recv().expect("the peer is there"),
    );
}

fn through_everything<T: Sent>() {
    assert_eq!(size_of::<T>(), size_of::<T::Raw>());
    assert_eq!(align_of::<T>(), align_of::<T::Raw>());
    through_textbook::<T>();
    through_spsc::<T>();
    through_mpmc::<T>();
    through_unbounded::<T>();
    through_frames::<T>();
    through_a_link::<T>();
}

#[test]
fn what_is_no_bool_is_told_and_left_out() {
    through_everything::<bool>();
}

#[test]
fn an_unknown_discriminant_is_told_and_left_out() {
    through_everything::<Light>();
}

#[test]
fn what_is_no_letter_is_told_and_left_out() {
    through_everything::<char>();
}

#[test]
fn a_structure_with_a_wrong_part_is_told_and_left_out() {
    through_everything::<Order>();
}

#[test]
fn values_come_out_as_they_went_in() {
    for light in [Light::Red, Light::Green] {
        let message = Unchecked::from(light);
        assert_eq!(message.get(), Ok(light));
        assert_eq!(message.as_bytes(), [light as u8]);
        assert_eq!(Unchecked::from_bytes(&[light as u8]), Some(message));
    }
    assert_ne!(Unchecked::new(true), Unchecked::new(false));
    assert_eq!(
        format!("{:?}", Unchecked::new('a')),
        "Unchecked([61, 00, 00, 00])"
    );
    for wrong in [&[][..], &[0; 2], &[0; 64]] {
        assert_eq!(Unchecked::<bool>::from_bytes(wrong), None);
    }
}

#[test]
fn a_link_tells_the_types_of_its_values_apart() {
    let scratch = Scratch::new();
    let _sender = Options::new().sender::<Unchecked<Light>>(&scratch.name());
    let refused = Options::new().receiver::<Unchecked<bool>>(&scratch.name());
    let source = match refused.err() {
        Some(AttachError::Mismatch { source, .. }) => source,
        other => panic!("another answer: {other:?}"),
    };
    assert!(matches!(source, HeaderError::Message { .. }), "{source}");
    let said = source.to_string();
    assert!(
        said.contains("`Unchecked<Light>`") && said.contains("`Unchecked<bool>`"),
        "{said}"
    );
}
