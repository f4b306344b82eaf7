//! Without `--resume`: the survivor of a kill ends with code 3, and what was sent before has
//! arrived, not a byte more or less; one whose peer never came goes on waiting.

use aqueduct::life::Presence;
use aqueduct::link::Role;
use aqueduct::open::Status;

use super::{Place, ROLES, Tally, age, let_live, seat};
use crate::running::{Random, Running, look, look_under, object, until};

const KILLS: u32 = 200;

/// Takes about as long as a process lives here.
const MOST: u64 = 12 << 20;

#[test]
fn a_survivor_keeps_what_was_sent_before_the_kill() {
    survive(KILLS);
}

#[test]
#[ignore = "the long form: 100,000 kills, or as many as AQUEDUCT_KILLS says"]
fn a_survivor_keeps_what_was_sent_before_very_many_kills() {
    survive(super::wanted(100_000));
}

fn survive(kills: u32) {
    let (mut random, seed) = Random::from_environment();
    let mut tally = Tally {
        seed,
        ..Tally::default()
    };
    while tally.kills() < kills {
        one_kill(&mut random, &mut tally);
        tally.streams += 1;
    }
    tally.print("kills without --resume");
}

fn one_kill(random: &mut Random, tally: &mut Tally) {
    let place = Place::new(random, MOST, false);
    let mut sides = place.start_both(random);
    let victim = random.one_of(&ROLES);
    let_live(&sides[1 - victim as usize], age(random));
    let_live(&sides[victim as usize], age(random));
    let shared = object(&place.name());
    let end = sides[victim as usize].kill();
    let survivor = &mut sides[victim.peer() as usize];
    if end.killed().is_err() {
        end.expect(0);
        survivor.wait().expect(0);
        tally.complete += 1;
        return place.expect_all();
    }
    tally.killed[victim as usize] += 1;
    if is_waiting(&place, survivor, victim) {
        tally.attaching += 1;
        place.start(victim).wait().expect(0);
        survivor.wait().expect(0);
        return place.expect_all();
    }
    let end = survivor.wait();
    if end.killed() == Err(0) {
        tally.complete += 1;
        return place.expect_all();
    }
    end.expect(3);
    tally.bereaved += 1;
    place.expect_no_name();
    let arrived = place.arrived();
    // If the victim held a seat of it, it was the object of this stream.
    let shared = shared.as_ref().map(look);
    if let Some(status) = shared.filter(|status| seat(status, victim).epoch > 0) {
        check(&status, victim, arrived);
        let position = match victim {
            Role::Sender => status.sent,
            Role::Receiver => status.received,
        };
        assert!(
            end.said.contains(&format!("died at byte {position};")),
            "{end}, {status:?}"
        );
    }
}

/// Compares what has arrived in the file with what the link says.
fn check(status: &Status, victim: Role, arrived: u64) {
    match victim {
        // The receiver took all that was sent.
        Role::Sender => {
            assert_eq!(arrived, status.sent, "{status:?}");
            assert_eq!(arrived, status.received, "{status:?}");
        }
        // It writes before it releases, and it may be killed between the two.
        Role::Receiver => {
            assert!(arrived >= status.received, "{arrived}, {status:?}");
            assert!(arrived <= status.sent, "{arrived}, {status:?}");
        }
    }
}

/// Whether the survivor has never met the victim, and waits for somebody to come.
fn is_waiting(place: &Place, survivor: &mut Running, victim: Role) -> bool {
    until("the survivor's decision", || {
        let alone = |status: Status| {
            let vacant = seat(&status, victim).presence == Presence::Vacant;
            seat(&status, victim.peer()).held && vacant
        };
        if look_under(&place.name()).is_some_and(alone) {
            return Some(true);
        }
        survivor.has_ended().then_some(false)
    })
}
