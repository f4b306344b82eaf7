//! shmem-ipc: a ring in memory without a name, and two descriptors that wake who sleeps. Its slots are
//! written and read in place.
//!
//! Two ways to wait: by its own, asleep, and then each message that the other side may wait for costs a
//! call of the kernel; or spinning on the ring alone, which wakes nobody.

use std::mem::MaybeUninit;
use std::ops::Range;
use std::slice;

use aqueduct::bench::ends::{
    RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use aqueduct::bench::{About, Contestant, Course, Made, made, words};
use shmem_ipc::sharedring;
use zerocopy::{AsBytes, FromBytes};

use super::{BLOCKS, KILOBYTE, LARGE, WORDS, processes};
use crate::courses;
use crate::spin::spin_until;

pub fn all() -> Vec<Contestant> {
    let busy = |settings| processes("shmem-ipc", settings);
    let asleep = |settings| processes("shmem-ipc, asleep", settings).asleep();
    let spinning = busy("65,536 words, spinning on the ring");
    let sleeping = asleep("65,536 words, its own wait");
    let blocks = [
        busy("64 blocks, each in place"),
        asleep("64 blocks, each in place"),
    ];
    let mut all = of_all::<true>(Course::RoundTrip, &spinning, &blocks[0]);
    all.extend(of_all::<false>(Course::Asleep, &sleeping, &blocks[1]));
    all
}

/// All courses of one way to wait.
fn of_all<const SPINS: bool>(trips: Course, words: &About, blocks: &About) -> Vec<Contestant> {
    let of_words = |_: &str| ring::<u64, SPINS>(WORDS);
    let mut all = Vec::from(courses::words(trips, words, of_words));
    all.push(Contestant::batches(words.clone(), of_words));
    all.extend(courses::blocks(
        blocks,
        |_| ring::<[u8; KILOBYTE], SPINS>(BLOCKS),
        |_| ring::<[u8; LARGE], SPINS>(BLOCKS),
    ));
    all
}

struct Sending<T, const SPINS: bool>(sharedring::Sender<T>);
struct Receiving<T, const SPINS: bool>(sharedring::Receiver<T>);

/// A ring that is made before the sides part: they inherit its descriptors.
fn ring<T, const SPINS: bool>(messages: usize) -> Made<Receiving<T, SPINS>, Sending<T, SPINS>>
where
    T: Copy + AsBytes + FromBytes + Send + 'static,
{
    let sender = sharedring::Sender::new(messages)?;
    let memory = sender.memfd().as_file().try_clone()?;
    let empty = sender.empty_signal().try_clone()?;
    let full = sender.full_signal().try_clone()?;
    let receiver = move || sharedring::Receiver::open(messages, memory, empty, full);
    made(
        || Receiving(receiver().expect("it is inherited")),
        || Sending(sender),
    )
}

impl<T: Copy + AsBytes, const SPINS: bool> Sending<T, SPINS> {
    /// Waits for room, and lends what there is; `write` writes as many of the first as it returns.
    #[inline]
    fn with_slots(&mut self, write: impl FnOnce(&mut [MaybeUninit<T>]) -> usize) {
        let write = |first: *mut T, count| {
            // SAFETY: the ring lends them to its only sender, until this returns.
            write(unsafe { slice::from_raw_parts_mut(first.cast(), count) })
        };
        if SPINS {
            let ring = self.0.sender_mut();
            spin_until(|| ring.write_count().expect("it is sound") > 0);
            ring.send(write).expect("it is sound");
        } else {
            self.0.block_until_writable().expect("it is woken");
            self.0.send_raw(write).expect("it is sound");
        }
    }
}

impl<T: Copy + FromBytes, const SPINS: bool> Receiving<T, SPINS> {
    /// Waits for a message, and lends all that are there; `read` also says how many of the first it used.
    #[inline]
    fn with_messages<R>(&mut self, read: impl FnOnce(&[T]) -> (R, usize)) -> R {
        let mut result = None;
        let read = |first: *const T, count| {
            // SAFETY: the ring lends them to its only receiver, until this returns, and its only sender
            // writes to no other slots than those that are lent to it.
            let (read, used) = read(unsafe { slice::from_raw_parts(first, count) });
            result = Some(read);
            used
        };
        if SPINS {
            let ring = self.0.receiver_mut();
            spin_until(|| ring.read_count().expect("it is sound") > 0);
            ring.recv(read).expect("it is sound");
        } else {
            self.0.block_until_readable().expect("it is woken");
            self.0.receive_raw(read).expect("it is sound");
        }
        result.expect("one is there")
    }
}

impl<const SPINS: bool> SendWord for Sending<u64, SPINS> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.with_slots(|slots| {
            slots[0].write(word);
            1
        });
    }
}

impl<const SPINS: bool> RecvWord for Receiving<u64, SPINS> {
    #[inline]
    fn recv(&mut self) -> u64 {
        self.with_messages(|words| (words[0], 1))
    }
}

impl<const SPINS: bool> SendBatch for Sending<u64, SPINS> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            self.with_slots(|slots| {
                let count = slots.len().min(words::left(&words));
                words::fill(&mut slots[..count], &mut words);
                count
            });
        }
    }
}

impl<const SPINS: bool> RecvBatch for Receiving<u64, SPINS> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        self.with_messages(|words| (read(words), words.len()));
    }
}

impl<const BYTES: usize, const SPINS: bool> SendBlock for Sending<[u8; BYTES], SPINS> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        self.with_slots(|slots| {
            fill(bytes_of(&mut slots[0]));
            1
        });
    }
}

impl<const BYTES: usize, const SPINS: bool> RecvBlock for Receiving<[u8; BYTES], SPINS> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        self.with_messages(|blocks| (read(&blocks[0]), 1))
    }
}
