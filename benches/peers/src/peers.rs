//! The other libraries.

mod channels;
mod crossbeam_queue;
mod disruptor;
mod gil;
mod iceoryx2;
mod ipc_channel;
mod omango;
mod ringbuf;
mod rtrb;
mod shmem_ipc;

use aqueduct::bench::{About, Between, Contestant, Field};

/// Words that a channel of words holds: as many as ours.
const WORDS: usize = 1 << 16;

/// Blocks that a channel of blocks holds: as many as ours.
const BLOCKS: usize = 64;

const KILOBYTE: usize = 1 << 10;
const LARGE: usize = 1 << 16;

/// All of them.
pub fn all() -> Vec<Contestant> {
    let peers = [
        iceoryx2::all(),
        shmem_ipc::all(),
        ipc_channel::all(),
        rtrb::all(),
        ringbuf::all(),
        disruptor::all(),
        gil::all(),
        crossbeam_queue::all(),
        channels::all(),
        omango::all(),
    ];
    peers.into_iter().flatten().collect()
}

fn processes(name: &str, settings: &str) -> About {
    About::new(Field::Peer, Between::Processes, name, settings)
}

fn threads(name: &str, settings: &str) -> About {
    About::new(Field::Peer, Between::Threads, name, settings)
}
