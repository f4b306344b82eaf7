//! 64 processes at once make, find, use and remove objects of one name, and are killed at random
//! moments, each followed by another.
//!
//! What is promised to them, where everybody goes through the gates, and nobody else touches the
//! folder:
//! - Who has attached was attached to the object that had the name at that moment. It has the name as
//!   long as somebody is attached to it, unless one of those removes the name.
//! - So who attaches to a seat, while somebody lives who holds that seat of an object that nobody let
//!   go, is refused; two who meet on the name meet in one object.
//! - Nobody follows into a seat whose holder lives: while it is held its epoch stays.
//! - When all are dead, `aqueduct clean NAME` leaves nothing.
//!
//! Each contender checks the first three wherever it stands, against what the others wrote into a
//! [ledger](ledger) before they acted.

mod contender;
mod ledger;

use std::collections::VecDeque;
use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use aqueduct::shm::{FOLDER, Name};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};

use self::ledger::{Ledger, Life, Sum};
use crate::running::{Random, Running, aqueduct};
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};

/// How many live at the same time.
const ALIVE: usize = 64;
/// How a helper learns how many shall die.
const KILLS: &str = "AQUEDUCT_TEST_KILLS";
/// A machine on which a kill takes longer has come to a halt.
const LIMIT: Duration = Duration::from_millis(50);

#[test]
fn a_name_leads_contenders_to_one_object_at_a_time() {
    contest(1_000);
}

#[test]
#[ignore = "the long form: 100,000 kills"]
fn a_name_leads_many_contenders_to_one_object_at_a_time() {
    contest(100_000);
}

/// Has so many killed, and looks at what they have seen and left.
fn contest(kills: u32) {
    let (_, seed) = Random::from_environment();
    let scratch = Scratch::new();
    let beside = scratch.with_suffix("ledger");
    let ledger = Ledger::create(beside.name(), kills as usize + ALIVE);
    let (begun, limit) = (Instant::now(), LIMIT.saturating_mul(kills));
    let mut command = helper("contested::starts_and_kills", &scratch.name());
    command.env(KILLS, kills.to_string());
    command.env("AQUEDUCT_SEED", seed.to_string());
    let mut running = Running::start(&mut command);
    while !running.has_ended() {
        assert!(begun.elapsed() < limit, "it does not end; seed {seed}");
        std::thread::sleep(Duration::from_millis(5));
    }
    running.wait().expect(0);
    let name = scratch.name().to_string();
    let cleaned = Running::start(&mut aqueduct(["clean", &name])).wait();
    cleaned.expect(0);
    let left = leftovers(&scratch.name(), &beside.name());
    let sum = |what| ledger.sum(what);
    // Also where the output of tests that pass is not shown.
    let line = format!(
        "contested: {ALIVE} processes at once, {} kills, {} attachments to {} objects, {} messages, \
         {} names let go, {} removed; {} wrong attachments, {} leftovers; {:.0} s, seed {seed}\n",
        sum(Sum::Killed),
        sum(Sum::Attached),
        sum(Sum::Made),
        sum(Sum::Met),
        sum(Sum::LetGo),
        sum(Sum::Removed),
        sum(Sum::Wrong),
        left.len(),
        begun.elapsed().as_secs_f64(),
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
    assert_eq!(sum(Sum::Wrong), 0, "seed {seed}");
    assert_eq!(left, Vec::<String>::new(), "seed {seed}");
    assert!(sum(Sum::Met) > 0, "nobody met; seed {seed}");
}

/// What begins with this name, but for that one.
fn leftovers(name: &Name, but: &Name) -> Vec<String> {
    let names = fs::read_dir(FOLDER).expect("the folder");
    let names = names.map(|entry| entry.expect("an entry").file_name());
    let names = names.filter(|found| found != but.as_os_str());
    let names = names.map(|found| found.to_string_lossy().into_owned());
    let own = name.as_os_str().to_string_lossy();
    let of_it = |found: &String| *found == own || found.starts_with(&format!("{own}-"));
    names.filter(of_it).collect()
}

/// Makes processes by `fork`, which is ten times as fast as to execute the test program each time.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn starts_and_kills() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let kills = std::env::var(KILLS).expect("the parent says so");
    let kills: usize = kills.parse().expect("a number");
    let (mut random, _) = Random::from_environment();
    let ledger = Ledger::open(suffixed(&name, "ledger"));
    let mut start = {
        let mut lives = (0..kills + ALIVE).map(Life::new);
        let mut random = random.clone();
        let (name, ledger) = (&name, &ledger);
        move || {
            let life = lives.next().expect("one for each");
            (life, begin(life, random.next(), name, ledger))
        }
    };
    let mut alive: Vec<_> = (0..ALIVE).map(|_| start()).collect();
    let mut dying = VecDeque::new();
    for killed in 0..kills + ALIVE {
        let victim = usize::try_from(random.below(alive.len() as u64)).expect("an index");
        let (life, pid) = alive.swap_remove(victim);
        ledger.dies(life);
        kill(pid, Signal::SIGKILL).expect("our child, and not waited for");
        dying.push_back(pid);
        if killed < kills {
            alive.push(start());
            std::thread::sleep(Duration::from_micros(random.below(2_000)));
        }
        bury(&mut dying, if killed < kills { ALIVE } else { 0 });
    }
    bury(&mut dying, 0);
    ledger.add(Sum::Killed, (kills + ALIVE) as u64);
}

/// Waits for the dead, until so many are left.
fn bury(dying: &mut VecDeque<Pid>, left: usize) {
    while let Some(&pid) = dying.front() {
        let wait = (dying.len() <= left).then_some(WaitPidFlag::WNOHANG);
        match waitpid(pid, wait).expect("our child") {
            WaitStatus::StillAlive => return,
            WaitStatus::Signaled(_, Signal::SIGKILL, _) => dying.pop_front(),
            other => panic!("a contender did not wait to be killed: {other:?}"),
        };
    }
}

/// A child that contends until it is killed.
fn begin(life: Life, seed: u64, name: &Name, ledger: &Ledger) -> Pid {
    let parent = getpid();
    // SAFETY: the child allocates, which the C library allows, and ends without the rest of the test
    // program.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            // SAFETY: it asks to be killed when its parent ends.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            // SAFETY: it lets who starts and kills run first.
            unsafe { libc::nice(5) };
            if getppid() == parent {
                let contend = || contender::contend(life, seed, name, ledger);
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(contend));
            }
            // SAFETY: it ends the child.
            unsafe { libc::_exit(1) }
        }
    }
}
