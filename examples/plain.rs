//! A weather station and a watcher share a ring in an object; what the watcher takes out it checks,
//! because the station may know another definition of the message. `docs/plain.md` tells more.
//!
//!     cargo run --example plain

use std::error::Error;

use aqueduct::buffer::spsc::{Consumer, Producer, Ring};
use aqueduct::place::{Schema, Unchecked};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{DEFAULT_MODE, Name, Object, Placed, Uid};
use zerocopy::{FromBytes, IntoBytes, TryFromBytes};

/// Not every byte is one, so it has to be checked.
#[derive(Clone, Copy, Debug, PartialEq, TryFromBytes, IntoBytes, Schema)]
#[repr(u8)]
#[allow(dead_code, reason = "it is made from bytes")]
enum Sky {
    Clear = 1,
    Cloudy = 2,
}

/// The message, without padding.
#[derive(Clone, Copy, Debug, PartialEq, TryFromBytes, IntoBytes, Schema)]
#[repr(C)]
struct Reading {
    celsius: i16,
    sky: Sky,
    raining: bool,
}

/// The same as a newer station has it: the sky is a number, and 3 is fog. Any bytes are one.
#[derive(Clone, Copy, Debug, PartialEq, FromBytes, IntoBytes, Schema)]
#[repr(C)]
struct NewerReading {
    celsius: i16,
    sky: u8,
    raining: u8,
}

/// The ring as one process sees it, with messages of type `T`.
type View<T> = Placed<Ring<Native, T>>;

/// What is in front of the ring in its object: nothing.
const FRONT: usize = 0;

fn main() -> Result<(), Box<dyn Error>> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}

fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let (capacity, start) = (Capacity::new(8)?, Position::new(0));
    let name = Name::parse(format!("aqueduct-example-plain-{}", std::process::id()))?;

    // The watcher makes the ring, and gives it its name once it is whole.
    let view = View::create(name.clone(), DEFAULT_MODE, FRONT, capacity, start)?;
    view.object().publish()?;
    // SAFETY: it was placed with this capacity, it has no other consumer, and any bytes are a message.
    let mut watcher = unsafe { Consumer::<View<Unchecked<Reading>>>::attach(view, capacity) }?;

    // Another process finds it by its name.
    let object = Object::open(name.clone(), Uid::effective())?;
    std::fs::remove_file(name.path())?;
    let view = View::<NewerReading>::attach(object, FRONT, capacity)?;
    // SAFETY: it was placed with this capacity, and has no other producer.
    let mut station = unsafe { Producer::attach(view, capacity) }?;
    for (celsius, sky) in [(21, 1), (19, 2), (15, 3), (17, 2)] {
        let raining = u8::from(celsius < 20);
        station.push(NewerReading {
            celsius,
            sky,
            raining,
        })?;
    }

    let messages = std::iter::from_fn(|| watcher.pop().ok());
    let told = messages.map(|message| match message.get() {
        Ok(reading) => format!("{reading:?}"),
        Err(invalid) => format!("left out: {invalid}"),
    });
    Ok(told.collect())
}

#[test]
fn what_is_no_reading_is_left_out() {
    let told = run().expect("there is shared memory");
    let reading = |celsius, sky, raining| {
        let reading = Reading {
            celsius,
            sky,
            raining,
        };
        format!("{reading:?}")
    };
    assert_eq!(
        told[..2],
        [
            reading(21, Sky::Clear, false),
            reading(19, Sky::Cloudy, true)
        ]
    );
    assert!(
        told[2].starts_with("left out: the bytes of a message are no `plain::Reading`"),
        "{}",
        told[2]
    );
    assert_eq!(told[3..], [reading(17, Sky::Cloudy, true)]);
}
