//! Several messages in one call, whose hint is moved on once.

use super::{consumer, producer, push, rest, ring};
use aqueduct::buffer::mpmc::{PopError, PushError};
use aqueduct::model::{self, Model};

pub fn models() -> Vec<Model> {
    vec![slices(2, 1), two_slices()]
}

/// A slice is pushed while another is popped; messages come out in order.
fn slices(capacity: usize, before_wrap: usize) -> Model {
    let name = format!("slices, capacity {capacity}, {before_wrap} before the wrap");
    Model::new(name, move || {
        let ring = ring(capacity, before_wrap);
        let producing = model::spawn({
            let producer = producer(&ring, 1);
            move || match producer.push_slice(&[1, 2, 3]) {
                Ok(pushed) => u32::try_from(pushed).unwrap(),
                Err(error) => panic!("{error}"),
            }
        });
        let mut seen = [0; 3];
        let popped = match consumer(&ring, 2).pop_slice(&mut seen) {
            Ok(popped) => popped,
            Err(PopError::Empty | PopError::Busy(_)) => 0,
            Err(error) => panic!("{error}"),
        };
        let pushed = producing.join().unwrap();
        let all = [seen[..popped].to_vec(), rest(&ring)].concat();
        assert_eq!(all, (1..=pushed).collect::<Vec<_>>());
        format!("{popped} of {pushed}")
    })
}

/// Another producer's message may come between those of a slice, and nothing is lost.
fn two_slices() -> Model {
    Model::new("a slice and a message, capacity 3", || {
        let ring = ring(3, 1);
        let producing = model::spawn({
            let producer = producer(&ring, 1);
            move || match producer.push_slice(&[1, 2]) {
                Ok(pushed) => assert_eq!(pushed, 2),
                Err(PushError::Full(())) => panic!("there is room"),
                Err(error) => panic!("{error}"),
            }
        });
        assert_eq!(push(&producer(&ring, 2), 3), "pushed");
        producing.join().unwrap();
        format!("{:?}", rest(&ring))
    })
    .bound(3)
}
