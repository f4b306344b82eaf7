//! Producers and consumers in threads of their own, with a mapping for each side.

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, Producer, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::prelude::*;

use crate::crowd::{Crowded, Message, popped, pushed, two_and_two};
use crate::placed::{Placed, WORLDS};
use crate::spec::{property, starts};

impl Crowded for Placed<Ring<Native, Message>> {
    fn producer(&self, owner: Owner) -> impl FnMut(&[Message]) -> usize {
        // SAFETY: nobody else has this number.
        let producer = unsafe { Producer::attach(self.clone(), owner) };
        move |messages| pushed(producer.push_slice(messages))
    }

    fn consumer(&self, owner: Owner) -> impl FnMut() -> Option<Message> {
        // SAFETY: nobody else has this number; all messages are numbers.
        let consumer = unsafe { Consumer::attach(self.clone(), owner) };
        move || popped(consumer.pop())
    }
}

property! {
    fn every_message_comes_to_one_consumer(
        world in prop::sample::select(&WORLDS[..]),
        capacity in 1..=9_usize,
        start in starts(),
        counts in [0..60_u32, 0..60_u32],
        slice in 1..5_usize,
    ) {
        let views = Placed::pair(world, Capacity::new(capacity)?, Position::new(start), 0);
        two_and_two(views, counts, slice)?;
    }
}
