//! Samples of one number, or of one block.

use std::fmt::Debug;
use std::mem::MaybeUninit;

use aqueduct::bench::ends::{RecvBlock, RecvWord, SendBlock, SendWord, bytes_of};
use aqueduct::bench::{Made, made};
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::{BackpressureStrategy, ZeroCopySend, ipc};
use iceoryx2::sample::Sample;

use super::{Problem, Service, node, wait_for_publisher, wait_for_subscriber};
use crate::spin::spin;

pub struct Sending<T: Debug + ZeroCopySend + 'static>(Publisher<ipc::Service, T, ()>);
pub struct Receiving<T: Debug + ZeroCopySend + 'static>(Subscriber<ipc::Service, T, ()>);

/// A service that each end opens or makes, whoever comes first; both wait until they know each other.
pub fn channel<T: Debug + ZeroCopySend + 'static>(
    name: &str,
    messages: usize,
) -> Made<Receiving<T>, Sending<T>> {
    let (name, other) = (name.to_owned(), name.to_owned());
    made(
        move || subscribe(&name, messages).expect("it can be made"),
        move || publish(&other, messages).expect("it can be made"),
    )
}

fn service<T: Debug + ZeroCopySend>(name: &str, messages: usize) -> Result<Service<T>, Problem> {
    let node = node(name)?;
    let builder = node.service_builder(&name.try_into()?);
    let service = builder
        .publish_subscribe::<T>()
        .enable_safe_overflow(false)
        .subscriber_max_buffer_size(messages)
        .subscriber_max_borrowed_samples(1)
        .max_publishers(1)
        .max_subscribers(1);
    Ok(service.open_or_create()?)
}

fn subscribe<T: Debug + ZeroCopySend>(
    name: &str,
    messages: usize,
) -> Result<Receiving<T>, Problem> {
    let service = service(name, messages)?;
    wait_for_publisher(&service);
    let subscriber = service.subscriber_builder().buffer_size(messages);
    Ok(Receiving(subscriber.create()?))
}

fn publish<T: Debug + ZeroCopySend>(name: &str, messages: usize) -> Result<Sending<T>, Problem> {
    let service = service(name, messages)?;
    let publisher = service
        .publisher_builder()
        .max_loaned_samples(1)
        .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
        .create()?;
    wait_for_subscriber(&service);
    Ok(Sending(publisher))
}

impl<T: Debug + ZeroCopySend> Receiving<T> {
    #[inline]
    fn receive(&mut self) -> Sample<ipc::Service, T, ()> {
        spin(|| self.0.receive().expect("there is a publisher"))
    }
}

impl SendWord for Sending<u64> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.0.send_copy(word).expect("there is a subscriber");
    }
}

impl RecvWord for Receiving<u64> {
    #[inline]
    fn recv(&mut self) -> u64 {
        *self.receive()
    }
}

impl<const BYTES: usize> SendBlock for Sending<[u8; BYTES]> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        let mut sample = self.0.loan_uninit().expect("one is free");
        fill(bytes_of(sample.payload_mut()));
        // SAFETY: `fill` writes all of it.
        let sample = unsafe { sample.assume_init() };
        sample.send().expect("there is a subscriber");
    }
}

impl<const BYTES: usize> RecvBlock for Receiving<[u8; BYTES]> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&*self.receive())
    }
}
