//! Several processes claim one name again and again, and are killed at random moments: one has it at a
//! time, and it is free when that one is gone.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::open::direct::{DirectError, Process};
use aqueduct::shm::Name;

use super::World;
use crate::running::{LONG, Random, Running};
use crate::shm::{helper, name_for_helper};

/// How many contend at the same time; how many of them are killed that have the name, and how many
/// others.
const CONTENDERS: usize = 4;
const KILLED: [usize; 2] = [20, 20];
/// How long one keeps the name, and how often the others ask.
const KEPT: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_micros(200);

/// In a helper: until it is killed. Whoever has the name has the file for itself, and says so there.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn contends() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let file = open(&name);
    loop {
        match Process::new(name.as_os_str().display().to_string()) {
            Ok(process) => {
                lock(&file);
                let number = process::id().to_ne_bytes();
                file.write_all_at(&number, 0).expect("there is room");
                thread::sleep(KEPT);
                file.set_len(0).expect("it can be emptied");
                file.unlock().expect("it is locked");
                drop(process);
            }
            Err(DirectError::Taken { .. }) => thread::sleep(PAUSE),
            Err(other) => panic!("{other}"),
        }
    }
}

fn open(name: &Name) -> File {
    let file = File::options().read(true).write(true).open(name.path());
    file.expect("the parent made it")
}

/// Nobody else has it, but for one that is on its way to its death: the kernel frees its name first.
fn lock(file: &File) {
    while file.try_lock().is_err() {
        if let Some(holder) = holder(file) {
            assert!(is_dying(holder), "{holder} has the name, too");
        }
        thread::sleep(PAUSE);
    }
}

/// The process that says that it has the name.
fn holder(file: &File) -> Option<u32> {
    let mut number = [0; 4];
    file.read_exact_at(&mut number, 0).ok()?;
    Some(u32::from_ne_bytes(number))
}

/// Whether the kernel has begun to end a process, or has ended it.
fn is_dying(process: u32) -> bool {
    const EXITING: u64 = 0x4;
    let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
        return true;
    };
    let mut fields = stat.rsplit(") ").next().unwrap_or("").split(' ');
    let (state, flags) = (fields.next(), fields.nth(5));
    let flags: u64 = flags.and_then(|flags| flags.parse().ok()).expect("flags");
    state == Some("Z") || flags & EXITING != 0
}

#[test]
fn one_has_a_name_at_a_time() {
    let world = World::new();
    let (mut random, seed) = Random::from_environment();
    // Contenders find the file by the name that they claim.
    let scratch = world.0.with_suffix("N");
    File::create_new(scratch.name().path()).expect("nobody has it");
    let file = open(&scratch.name());
    let start = || Running::start(&mut helper("direct::claims::contends", &scratch.name()));
    let mut contenders = [(); CONTENDERS].map(|()| start());
    let (mut killed, begun) = ([0; 2], Instant::now());
    while killed[0] < KILLED[0] || killed[1] < KILLED[1] {
        assert!(
            begun.elapsed() < LONG,
            "{killed:?} were killed; seed {seed}"
        );
        thread::sleep(Duration::from_micros(random.below(40_000)));
        let has_it = |contender: &Running| Some(contender.pid()) == holder(&file);
        let wanted = random.below(2) == 0;
        let chosen = contenders.iter().position(|one| has_it(one) == wanted);
        let Some(index) = chosen else { continue };
        let mut victim = std::mem::replace(&mut contenders[index], start());
        end(&mut victim, seed);
        // Its word stands there until another one has the name.
        killed[usize::from(!has_it(&victim))] += 1;
    }
    for contender in &mut contenders {
        end(contender, seed);
    }
    // Whoever was last is dead.
    drop(world.process("N"));
    world.is_empty();
}

/// Kills a contender, which has not ended by itself.
fn end(contender: &mut Running, seed: u64) {
    let end = contender.kill();
    assert_eq!(end.killed(), Ok(()), "{end}; seed {seed}");
}
