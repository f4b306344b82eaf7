//! Somebody attaches while somebody else cleans.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aqueduct::open::{AttachError, Options, Remains, State};
use aqueduct::shm::Byte;

use super::{assert_kept, leave_unused, name, open};
use crate::cli::harness::Scene;

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(30);

#[test]
fn an_object_whose_gate_is_held_is_in_use() {
    let scene = Scene::new();
    leave_unused(&scene);
    let object = open(&scene);
    let gate = object.lock_gate().expect("the gate");
    let begun = Instant::now();
    assert_kept(&scene, "somebody attaches to it");
    assert!(begun.elapsed() < LONG, "it does not wait long");
    drop(gate);
}

#[test]
fn who_came_through_the_gate_before_is_seen() {
    let scene = Scene::new();
    leave_unused(&scene);
    let (object, own) = (Arc::new(open(&scene)), open(&scene));
    let gate = object.lock_gate().expect("the gate");
    std::thread::scope(|scope| {
        let cleaning = scope.spawn(|| {
            let remains = Remains::of(&own, LONG).expect("it can be looked at");
            (
                remains.state().clone(),
                remains.remove().expect("nothing fails"),
            )
        });
        std::thread::sleep(SHORT);
        let seat = object.try_lock(Byte::Receiver).expect("it can be");
        drop(gate);
        let (sender, receiver) = (false, true);
        let seen = cleaning.join().expect("it does not panic");
        assert_eq!(seen, (State::Attached { sender, receiver }, false));
        drop(seat);
    });
    assert!(scene.object().exists());
}

#[test]
fn who_comes_after_waits_and_makes_another() {
    let scene = Scene::new();
    leave_unused(&scene);
    let object = open(&scene);
    let remains = Remains::of(&object, LONG).expect("it can be looked at");
    assert!(matches!(remains.state(), State::Dead { .. }));
    let hurried = Options::new().timeout(Some(SHORT));
    let refused = hurried.sender::<u64>(&name(&scene)).err();
    assert!(
        matches!(refused, Some(AttachError::Gate { .. })),
        "{refused:?}"
    );
    assert!(remains.remove().expect("it can be removed"));
    assert!(!remains.remove().expect("once is enough"));
    drop(remains);
    let sender = hurried.sender::<u64>(&name(&scene)).expect("a new object");
    assert_ne!(sender.end().object().identity(), object.identity());
}

#[test]
fn a_name_that_leads_elsewhere_is_left_alone() {
    let scene = Scene::new();
    leave_unused(&scene);
    let old = open(&scene);
    std::fs::remove_file(scene.object()).expect("there");
    leave_unused(&scene);
    let remains = Remains::of(&old, LONG).expect("it can be looked at");
    assert_eq!(*remains.state(), State::Renamed);
    assert!(!remains.remove().expect("nothing fails"));
    assert!(scene.object().exists(), "another one's");
}
