//! What is borrowed from a buffer, a guard or a mapping goes back before the next use, and before its end.

use aqueduct::buffer::{frames, mpmc, spsc};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::{Mapping, Object};

const FEW: Capacity = match Capacity::new(4) {
    Ok(few) => few,
    Err(_) => panic!(),
};

fn a_batch_is_the_only_use_of_its_producer() {
    let (mut producer, _consumer) = spsc::on_heap::<Native, u8>(FEW).unwrap();
    let batch = producer.batch();
    let _ = producer.push(1); // cannot borrow `producer` as mutable more than once at a time
    batch.commit();
}

fn what_is_read_in_place_stays_there() -> u8 {
    let (_producer, mut consumer) = spsc::on_heap::<Native, u8>(FEW).unwrap();
    let mut kept: &[u8] = &[];
    let mut taken = consumer.take();
    let _ = taken.read(1, |run| {
        kept = run; // borrowed data escapes outside of closure
        1
    });
    kept[0]
}

fn a_guard_goes_before_its_consumer() {
    let (_producer, consumer) = mpmc::on_heap::<Native, u8>(FEW).unwrap();
    let guard = consumer.pop_ref();
    drop(consumer); // cannot move out of `consumer` because it is borrowed
    drop(guard);
}

fn a_record_goes_before_the_next(frames: &frames::Frames<Native>) {
    let mut consumer = unsafe { frames::Consumer::attach(frames) };
    let first = consumer.peek();
    let second = consumer.peek(); // cannot borrow `consumer` as mutable more than once at a time
    drop((first, second));
}

fn bytes_go_before_their_mapping(object: &Object) -> &[u8] {
    let mapping: Mapping = object.map(1).unwrap();
    unsafe { mapping.bytes() } // cannot return value referencing local variable `mapping`
}

fn a_side_goes_before_its_ring() {
    let _side = {
        let ring = aqueduct::place::boxed::<spsc::Ring<Native, u8>>(
            FEW,
            aqueduct::position::Position::new(0),
        );
        let ring = ring.unwrap();
        unsafe { spsc::Producer::attach(&*ring, FEW) } // `*ring` does not live long enough
    };
}

fn main() {
    a_batch_is_the_only_use_of_its_producer();
    what_is_read_in_place_stays_there();
    a_guard_goes_before_its_consumer();
    let _ = a_record_goes_before_the_next;
    let _ = bytes_go_before_their_mapping;
    a_side_goes_before_its_ring();
}
