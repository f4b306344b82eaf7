//! Inter-process communication that is proven: bounded buffers and message links, between threads
//! or between processes through mapped memory.
//!
//! Each algorithm is written once, over an abstraction of the machine. The same lines are explored
//! by a model checker, compared with a specification, and run on real shared memory.
//!
//! ```text
//!   what an algorithm may ask      platform     position     place
//!   who is there, who died         life
//!   buffers, which only try        buffer
//!   sleeping around a try          wait
//!   those who share a buffer       crowd
//!   messages                       link
//!   bytes, with two ends           pipe
//!   ------------------------------------------------ above: any machine; below: this one
//!   core's atomics, the futex      platform::native
//!   POSIX shared memory            shm
//!   the kernel's own pipes         kernel
//!   links for users                threads      open         select       questions
//!   what they are measured with    bench
//!   the checker                    model            (stands on platform alone)
//! ```
//!
//! Imports point up this list and never down. What most programs need:
//!
//! - [`threads::bounded`]: a link between two threads, for values of any type;
//! - [`threads::mailbox`]: a mailbox for many threads on each side, that holds nothing, so many
//!   messages, or any number;
//! - [`open::Options`]: a link between two processes, found by name, for plain data, bytes and
//!   [records](link::records);
//! - [`open::mailbox`]: a mailbox for many processes, with an owner;
//! - [`threads::pipe()`], [`open::pipe`]: bytes of many writers, as `Read` and `Write`; [`kernel`]: the
//!   kernel's own pipes, and [`questions`]: what tells all of them apart;
//! - [`open::direct`]: processes that name each other, or of which only the sender names;
//! - [`open::sealed`]: a link with a process that is not trusted;
//! - [`select::Select`]: one that waits for many links;
//! - [`buffer::spsc`]: the ring alone, in memory of your own;
//! - [`buffer::mpmc`]: a ring for many producers and consumers, any of which may be killed;
//! - [`buffer::frames`]: records of any length, filled and read where they lie;
//! - [`buffer::unbounded`]: the buffer without a fixed size, between two or among many;
//! - [`buffer::rendezvous`]: no buffer at all, where producers and consumers meet;
//! - [`buffer::textbook`]: the bounded buffer as the operating-systems textbook has it;
//! - [`shm::Placed`], [`shm::Sparse`]: these buffers in shared memory; [`shm::posix`]: any bytes there,
//!   by the calls of POSIX;
//! - [`mod@bench`]: what channels are measured with, for channels of your own;
//! - [`model`]: the checker, for structures of your own.
//!
//! # Features
//! `shm` (default): named shared memory and sleeping on Linux; needs `std`. `cli`: the command
//! line. `bench`: what channels are measured with. `model`: the checker. Without any the crate is
//! `no_std` (with `alloc`) and has the buffers, waits and links over any [`platform::Platform`].
#![cfg_attr(not(any(feature = "shm", feature = "model")), no_std)]
#![cfg_attr(
    not(all(feature = "bench", feature = "model")),
    allow(rustdoc::broken_intra_doc_links)
)]

extern crate alloc;
// What `derive(Schema)` writes names this crate, here as elsewhere.
#[cfg(feature = "shm")]
extern crate self as aqueduct;

pub mod buffer;
pub mod crowd;
pub mod life;
pub mod link;
pub mod pipe;
pub mod place;
pub mod platform;
pub mod position;
pub mod wait;

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "shm")]
pub mod kernel;
#[cfg(feature = "shm")]
pub mod open;
#[cfg(feature = "shm")]
pub mod questions;
#[cfg(feature = "shm")]
pub mod select;
#[cfg(feature = "shm")]
pub mod shm;
#[cfg(feature = "shm")]
pub mod threads;

#[cfg(feature = "model")]
pub mod model;

/// The programs of the README.
#[cfg(all(doctest, feature = "shm"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
