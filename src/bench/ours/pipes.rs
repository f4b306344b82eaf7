//! The byte pipe.

use super::about;
use crate::bench::contestant::{Contestant, made};
use crate::bench::sides::Between;
use crate::open::pipe::Options;
use crate::shm::Name;

pub fn all() -> Vec<Contestant> {
    let capacity = 1 << 20;
    let processes = about(Between::Processes, "pipe", "1 MiB").asleep();
    let threads = about(Between::Threads, "pipe, threads", "1 MiB").asleep();
    vec![
        Contestant::bytes(processes, move |name| {
            let name = Name::parse(name)?;
            let (options, other) = (Options::new().capacity(capacity), name.clone());
            let same = options.clone();
            made(
                move || options.reader(&name).expect("it is free"),
                move || same.writer(&other).expect("it is free"),
            )
        }),
        Contestant::bytes(threads, move |_| {
            let (writer, reader) = crate::threads::pipe(capacity)?;
            made(|| reader, || writer)
        }),
    ]
}
