//! A peer that is killed: what it sent is received, and then it is dead.

use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use aqueduct::link::Ended;
use aqueduct::open::sealed::SealedError;
use aqueduct::position::Capacity;
use aqueduct::shm::HandOverError;

use super::{helper, options, pair, socket_for_helper};
use crate::running::{Random, Running};

/// The kills of a run.
const KILLS: usize = 40;

/// In a helper: sends numbers for ever.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends() {
    let Some(socket) = socket_for_helper() else {
        return;
    };
    let mut sender = options().accept_sender::<u64>(socket).expect("a link");
    for number in 0.. {
        sender.send(number).expect("the parent receives");
    }
}

/// In a helper: receives for ever.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives() {
    let Some(socket) = socket_for_helper() else {
        return;
    };
    let mut receiver = options().accept_receiver::<u64>(socket).expect("a link");
    while receiver.recv().is_ok() {}
}

/// Starts a helper, and does the rest while it is killed after a random time.
fn killed<R>(name: &str, random: &mut Random, rest: impl FnOnce(UnixStream) -> R) -> R {
    let [here, there] = pair();
    let mut running = Running::start(&mut helper(name, there));
    let after = Duration::from_micros(random.below(30_000));
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(after);
            running.kill();
        });
        rest(here)
    })
}

/// Whether it was killed before there was a link.
fn too_early(error: &SealedError) -> bool {
    matches!(error, SealedError::HandOver(HandOverError::HungUp))
}

#[test]
fn the_killed_are_dead() {
    let (mut random, seed) = Random::from_environment();
    eprintln!("AQUEDUCT_SEED={seed}");
    let mut links = 0;
    for kill in 0..KILLS {
        let capacity = Capacity::new(random.one_of(&[1, 3, 64])).expect("a capacity");
        let options = options().capacity(capacity);
        let outcome = if kill % 2 == 0 {
            killed("sealed::killed::sends", &mut random, |socket| {
                let mut receiver = options.offer_sender::<u64>(socket)?;
                for number in 0.. {
                    match receiver.recv() {
                        Ok(message) => assert_eq!(message, number),
                        Err(why) => return Ok(why),
                    }
                }
                unreachable!("it was killed")
            })
        } else {
            killed("sealed::killed::receives", &mut random, |socket| {
                let mut sender = options.offer_receiver::<u64>(socket)?;
                loop {
                    if let Err(error) = sender.send(7) {
                        return Ok(error.why);
                    }
                }
            })
        };
        match outcome {
            Ok(why) => {
                assert_eq!(why, Ended::Dead);
                links += 1;
            }
            Err(error) => assert!(too_early(&error), "{error}"),
        }
    }
    assert!(
        links > KILLS / 4,
        "{links} of {KILLS} were killed while they were attached"
    );
}
