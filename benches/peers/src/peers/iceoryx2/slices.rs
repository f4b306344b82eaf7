//! Samples of many numbers.

use std::ops::Range;

use aqueduct::bench::ends::{RecvBatch, SendBatch};
use aqueduct::bench::{Made, made};
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::{BackpressureStrategy, ipc};

use super::super::WORDS;
use super::{Problem, Service, node, wait_for_publisher, wait_for_subscriber};
use crate::spin::spin;
use aqueduct::bench::words;

/// The most words of a sample: a batch of the bench.
const SLICE: usize = 256;

/// As many samples as together hold as many words as others do.
const SAMPLES: usize = WORDS / SLICE;

pub struct Sending(Publisher<ipc::Service, [u64], ()>);
pub struct Receiving(Subscriber<ipc::Service, [u64], ()>);

/// A service that each end opens or makes, whoever comes first; both wait until they know each other.
pub fn channel(name: &str) -> Made<Receiving, Sending> {
    let (name, other) = (name.to_owned(), name.to_owned());
    made(
        move || subscribe(&name).expect("it can be made"),
        move || publish(&other).expect("it can be made"),
    )
}

fn service(name: &str) -> Result<Service<[u64]>, Problem> {
    let node = node(name)?;
    let builder = node.service_builder(&name.try_into()?);
    let service = builder
        .publish_subscribe::<[u64]>()
        .enable_safe_overflow(false)
        .subscriber_max_buffer_size(SAMPLES)
        .subscriber_max_borrowed_samples(1)
        .max_publishers(1)
        .max_subscribers(1);
    Ok(service.open_or_create()?)
}

fn subscribe(name: &str) -> Result<Receiving, Problem> {
    let service = service(name)?;
    wait_for_publisher(&service);
    let subscriber = service.subscriber_builder().buffer_size(SAMPLES);
    Ok(Receiving(subscriber.create()?))
}

fn publish(name: &str) -> Result<Sending, Problem> {
    let service = service(name)?;
    let publisher = service
        .publisher_builder()
        .initial_max_slice_len(SLICE)
        .max_loaned_samples(1)
        .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
        .create()?;
    wait_for_subscriber(&service);
    Ok(Sending(publisher))
}

impl SendBatch for Sending {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            let count = words::left(&words).min(SLICE);
            let sample = self.0.loan_slice_uninit(count);
            let mut sample = sample.expect("one is free");
            words::fill(sample.payload_mut(), &mut words);
            // SAFETY: all of it is written.
            let sample = unsafe { sample.assume_init() };
            sample.send().expect("there is a subscriber");
        }
    }
}

impl RecvBatch for Receiving {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        let receive = || self.0.receive().expect("there is a publisher");
        let mut next = Some(spin(receive));
        while let Some(sample) = next.take() {
            read(&sample);
            // Only one at a time is lent.
            drop(sample);
            next = receive();
        }
    }
}
