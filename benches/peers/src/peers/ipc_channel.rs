//! ipc-channel: messages that go through a socket of the kernel, serialised, or as bytes; who waits
//! sleeps there.

use std::mem::MaybeUninit;

use aqueduct::bench::ends::{RecvBlock, RecvWord, SendBlock, SendWord};
use aqueduct::bench::{Contestant, Course, Made, made};
use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcReceiver, IpcSender};

use super::{KILOBYTE, LARGE, processes};
use crate::courses;

pub fn all() -> Vec<Contestant> {
    let words = processes("ipc-channel", "a socket's own size, serialised").asleep();
    let blocks = processes("ipc-channel", "a socket's own size, copied in and out").asleep();
    let mut all = Vec::from(courses::words(Course::Asleep, &words, |_| of_words()));
    all.extend(courses::blocks(
        &blocks,
        |_| of_blocks::<KILOBYTE>(),
        |_| of_blocks::<LARGE>(),
    ));
    all
}

struct Sending(IpcSender<u64>);
struct Receiving(IpcReceiver<u64>);

fn of_words() -> Made<Receiving, Sending> {
    let (sender, receiver) = ipc::channel()?;
    made(|| Receiving(receiver), || Sending(sender))
}

impl SendWord for Sending {
    fn send(&mut self, word: u64) {
        self.0.send(word).expect("there is a receiver");
    }
}

impl RecvWord for Receiving {
    fn recv(&mut self) -> u64 {
        self.0.recv().expect("there is a sender")
    }
}

/// Where blocks are written, before they are sent.
struct SendingBlocks<const BYTES: usize> {
    sender: IpcBytesSender,
    block: Vec<u8>,
}

struct ReceivingBlocks(IpcBytesReceiver);

fn of_blocks<const BYTES: usize>() -> Made<ReceivingBlocks, SendingBlocks<BYTES>> {
    let (sender, receiver) = ipc::bytes_channel()?;
    let block = Vec::with_capacity(BYTES);
    made(
        || ReceivingBlocks(receiver),
        || SendingBlocks { sender, block },
    )
}

impl<const BYTES: usize> SendBlock for SendingBlocks<BYTES> {
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        self.block.clear();
        fill(&mut self.block.spare_capacity_mut()[..BYTES]);
        // SAFETY: `fill` writes all of it.
        unsafe { self.block.set_len(BYTES) };
        let sent = self.sender.send(&self.block);
        sent.expect("there is a receiver");
    }
}

impl RecvBlock for ReceivingBlocks {
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        let block = self.0.recv().expect("there is a sender");
        read(&block)
    }
}
