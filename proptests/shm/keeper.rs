//! Keepers within one process: the words that they write, who hears of it, how they live.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Acquire;
use std::thread;
use std::time::Duration;

use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::shm::{Keeper, Mapping};
use nix::sys::signal::Signal;

use super::{LEN, Scratch, word};
use crate::running::until;

pub(super) const LONG: Duration = Duration::from_secs(5);
pub(super) const SHORT: Duration = Duration::from_millis(50);

/// Where the life word lies.
pub(super) const LIFE: usize = 64;

pub(super) const WAITERS: u32 = 1 << 31;
pub(super) const DIED: u32 = WAITERS | 1 << 30;
/// The last value of a word, as a layer above may choose it.
const GOODBYE: u32 = 0x3fff_ffff;

/// Sleeps on `word`, and on another that nobody wakes, until it no longer holds `value`.
pub(super) fn sleep_while(word: &AtomicU32, value: u32) -> u32 {
    let (quiet, deadline) = (AtomicU32::new(0), Native::now() + LONG);
    while word.load(Acquire) == value && Native::now() < deadline {
        Native::wait_any(&[(word, value), (&quiet, 0)], Some(deadline));
    }
    assert!(
        Native::now() < deadline,
        "nobody woke the sleeper on {value:#x}"
    );
    word.load(Acquire)
}

/// An object in which this process attaches.
struct Attached {
    _scratch: Scratch,
    mapping: Arc<Mapping>,
    keeper: Keeper,
}

impl Attached {
    fn new() -> Attached {
        let scratch = Scratch::new();
        let mapping = Arc::new(scratch.object().map(LEN).expect("it can be mapped"));
        let keeper = attach(&mapping);
        Attached {
            _scratch: scratch,
            mapping,
            keeper,
        }
    }
}

pub(super) fn attach(mapping: &Arc<Mapping>) -> Keeper {
    Keeper::attach(Arc::clone(mapping), word(mapping, LIFE)).expect("a keeper")
}

fn thread_file(tid: u32, file: &str) -> std::io::Result<String> {
    fs::read_to_string(format!("/proc/self/task/{tid}/{file}"))
}

#[test]
fn a_life_word_names_its_keeper_until_a_goodbye() {
    let attached = Attached::new();
    let life = word(&attached.mapping, LIFE);
    let tid = attached.keeper.tid();
    assert_eq!(life.load(Acquire), WAITERS | tid);
    assert_eq!(
        thread_file(tid, "comm").expect("it lives"),
        "aqueduct-keeper\n"
    );
    attached.keeper.detach(GOODBYE);
    assert_eq!(life.load(Acquire), GOODBYE);
    // It is joined a moment before the kernel has forgotten it.
    until("the end of the keeper", || thread_file(tid, "comm").err());
}

#[test]
fn every_sleeper_hears_a_goodbye_and_a_drop() {
    for (end, last) in [(true, GOODBYE), (false, DIED)] {
        let Attached {
            _scratch,
            mapping,
            keeper,
        } = Attached::new();
        let life = word(&mapping, LIFE);
        let alive = life.load(Acquire);
        thread::scope(|scope| {
            let sleepers = [(); 3].map(|()| scope.spawn(|| sleep_while(life, alive)));
            thread::sleep(SHORT);
            if end {
                keeper.detach(last);
            } else {
                drop(keeper);
            }
            for sleeper in sleepers {
                assert_eq!(sleeper.join().expect("it was woken"), last);
            }
        });
    }
}

#[test]
fn attaching_wakes_who_waits_for_a_peer() {
    let scratch = Scratch::new();
    let mapping = Arc::new(scratch.object().map(LEN).expect("it can be mapped"));
    thread::scope(|scope| {
        let sleeper = scope.spawn(|| sleep_while(word(&mapping, LIFE), 0));
        thread::sleep(SHORT);
        let keeper = attach(&mapping);
        assert_eq!(
            sleeper.join().expect("it was woken"),
            WAITERS | keeper.tid()
        );
    });
}

#[test]
fn a_keeper_gets_no_signals() {
    let attached = Attached::new();
    let blocked = |status: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        u64::from_str_radix(line.expect("a status has it").trim(), 16).expect("a mask")
    };
    let keeper = blocked(&thread_file(attached.keeper.tid(), "status").expect("it lives"));
    for signal in Signal::iterator().filter(|&s| s != Signal::SIGKILL && s != Signal::SIGSTOP) {
        assert_ne!(
            keeper & 1 << (signal as u32 - 1),
            0,
            "{signal} is not blocked"
        );
    }
    let mine = blocked(&fs::read_to_string("/proc/thread-self/status").expect("a status"));
    assert_eq!(
        mine & 1 << (Signal::SIGINT as u32 - 1),
        0,
        "this thread gets signals as before"
    );
}

#[test]
fn a_word_elsewhere_is_refused() {
    let scratch = Scratch::new();
    let mapping = Arc::new(scratch.object().map(LEN).expect("it can be mapped"));
    let error = Keeper::attach(mapping, &AtomicU32::new(0)).expect_err("it is elsewhere");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
