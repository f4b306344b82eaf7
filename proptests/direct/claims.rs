//! Several processes claim one name again and again, and are killed at random moments: one has it at a
//! time, and it is free when that one is gone.

use std::fs::File;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::open::direct::{DirectError, Process};

use super::World;
use crate::running::{Random, Running};
use crate::shm::{helper, name_for_helper};

/// How many contend at the same time, and how many are killed.
const CONTENDERS: usize = 4;
const KILLS: usize = 60;
/// How long one keeps the name; and how long the kernel may take to unlock the file of a dead one after
/// its name.
const KEPT: Duration = Duration::from_millis(20);
const GRACE: Duration = Duration::from_millis(10);

/// In a helper: until it is killed. Whoever has the name has the file for itself, and leaves a byte.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn contends() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut file = File::options().append(true).open(name.path());
    let file = file.as_mut().expect("the parent made it");
    loop {
        match Process::new(name.as_os_str().display().to_string()) {
            Ok(process) => {
                lock(file);
                file.write_all(b"1").expect("there is room");
                thread::sleep(KEPT);
                file.unlock().expect("it is locked");
                drop(process);
            }
            Err(DirectError::Taken { .. }) => thread::sleep(KEPT / 100),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Nobody else has it, but for one that is about to be dead.
fn lock(file: &File) {
    let begun = Instant::now();
    while file.try_lock().is_err() {
        assert!(begun.elapsed() < GRACE, "two have the name");
        thread::sleep(KEPT / 100);
    }
}

#[test]
fn one_has_a_name_at_a_time() {
    let world = World::new();
    let (mut random, seed) = Random::from_environment();
    // Contenders find the file by the name that they claim.
    let file = world.0.with_suffix("N");
    let path = file.name().path();
    File::create_new(&path).expect("nobody has it");
    let start = || Running::start(&mut helper("direct::claims::contends", &file.name()));
    let mut contenders = [(); CONTENDERS].map(|()| start());
    for _ in 0..KILLS {
        thread::sleep(Duration::from_micros(random.below(60_000)));
        let index = usize::try_from(random.below(CONTENDERS as u64)).expect("an index");
        end(std::mem::replace(&mut contenders[index], start()), seed);
    }
    for contender in contenders {
        end(contender, seed);
    }
    let claims = path.metadata().expect("it is there").len();
    assert!(claims > KILLS as u64 / 2, "{claims} claims; seed {seed}");
    // Whoever was last is dead.
    drop(world.process("N"));
    world.is_empty();
}

/// Kills a contender, which has not ended by itself.
fn end(mut contender: Running, seed: u64) {
    let end = contender.kill();
    assert_eq!(end.killed(), Ok(()), "{end}; seed {seed}");
}
