//! iceoryx2: services between processes, one publisher and one subscriber, whose samples are lent. The
//! subscriber spins, and a publisher that meets a full queue tries until there is room.
//!
//! Each sample of the bench has a domain of its own, which lies in the folder of shared memory by the
//! name of that sample: so the bench removes what a killed one leaves, and nobody else's services are
//! looked at.

mod messages;
mod slices;

use std::error::Error;
use std::fmt::Debug;

use aqueduct::bench::{Contestant, Course};
use aqueduct::shm::FOLDER;
use iceoryx2::prelude::{
    Config, FileName, IceoryxSend, LogLevel, Node, NodeBuilder, Path, PortFactory as _,
    SemanticString as _, ipc, set_log_level,
};
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;

use super::{BLOCKS, KILOBYTE, LARGE, WORDS, processes};
use crate::courses;
use crate::spin::spin_and_yield;

type Problem = Box<dyn Error>;

/// How both ends get at their ports.
type Service<P> = PortFactory<ipc::Service, P, ()>;

pub fn all() -> Vec<Contestant> {
    let words = processes("iceoryx2", "65,536 samples, `send_copy`");
    let batches = processes("iceoryx2", "256 samples, lent, each of up to 256 words");
    let blocks = processes("iceoryx2", "64 samples, lent");
    let of_words = |name: &str| messages::channel::<u64>(name, WORDS);
    let mut all = Vec::from(courses::words(Course::RoundTrip, &words, of_words));
    all.push(Contestant::batches(batches, slices::channel));
    all.extend(courses::blocks(
        &blocks,
        |name| messages::channel::<[u8; KILOBYTE]>(name, BLOCKS),
        |name| messages::channel::<[u8; LARGE]>(name, BLOCKS),
    ));
    all
}

/// A node of its own for each end, in the domain `name`.
fn node(name: &str) -> Result<Node<ipc::Service>, Problem> {
    set_log_level(LogLevel::Error);
    let mut config = Config::default();
    config.global.prefix = FileName::new(format!("{name}-").as_bytes())?;
    let folder = Path::new(format!("{FOLDER}/{name}").as_bytes())?;
    config.global.set_root_path(&folder);
    Ok(NodeBuilder::new().config(&config).create()?)
}

/// Waits for the publisher. A subscriber that is made then has found it, and it does not lose what it
/// sends: it waits for those alone who know it.
fn wait_for_publisher<P: Debug + IceoryxSend + ?Sized>(service: &Service<P>) {
    let publishers = || service.dynamic_config().number_of_publishers();
    spin_and_yield(|| (publishers() > 0).then_some(()));
}

/// Waits for the subscriber: without one, what is sent is lost.
fn wait_for_subscriber<P: Debug + IceoryxSend + ?Sized>(service: &Service<P>) {
    let subscribers = || service.dynamic_config().number_of_subscribers();
    spin_and_yield(|| (subscribers() > 0).then_some(()));
}
