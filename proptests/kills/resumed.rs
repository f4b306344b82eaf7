//! Both sides with `--resume`: whoever is killed is started again, and in the end all has arrived.

use aqueduct::link::Role;

use super::{Place, ROLES, Tally, age, let_live, seat};
use crate::running::{Random, Running, look_under, until};

const KILLS: u32 = 800;

/// Long enough for some dozens of kills in a stream.
const MOST: u64 = 24 << 20;

/// So many in one stream, and then it may end: on a busy machine nobody lives long enough to
/// send much.
const KILLS_A_STREAM: u32 = 100;

#[test]
fn a_stream_survives_every_kill_of_its_sides() {
    survive(KILLS);
}

#[test]
#[ignore = "the long form: 100,000 kills, or as many as AQUEDUCT_KILLS says"]
fn a_stream_survives_very_many_kills_of_its_sides() {
    survive(super::wanted(100_000));
}

fn survive(kills: u32) {
    let (mut random, seed) = Random::from_environment();
    let mut tally = Tally {
        seed,
        ..Tally::default()
    };
    while tally.kills() < kills {
        Stream::begin(&mut random).run(&mut random, &mut tally);
    }
    tally.print("kills with --resume");
}

struct Stream {
    place: Place,
    sides: [Running; 2],
    /// How many had held the seat when this one was started.
    before: [u32; 2],
}

impl Stream {
    fn begin(random: &mut Random) -> Stream {
        let place = Place::new(random, MOST, true);
        let sides = place.start_both(random);
        Stream {
            place,
            sides,
            before: [0, 0],
        }
    }

    /// Kills one side, the other or both, again and again, and sees the stream to its end.
    fn run(mut self, random: &mut Random, tally: &mut Tally) {
        let least = tally.kills() + KILLS_A_STREAM;
        while tally.kills() < least {
            let [sender, receiver] = &self.sides;
            let youngest = if sender.age() < receiver.age() {
                sender
            } else {
                receiver
            };
            let_live(youngest, age(random));
            let victims = match random.below(8) {
                0 => ROLES.to_vec(),
                _ => vec![random.one_of(&ROLES)],
            };
            let killed: Vec<_> = victims
                .iter()
                .copied()
                .filter(|&victim| self.kill(victim, tally))
                .collect();
            if killed.len() < victims.len() {
                tally.complete += 1;
                return self.finish(&victims, tally);
            }
            tally.together += u32::from(killed.len() == 2);
            for role in killed {
                self.restart(role);
            }
        }
        self.finish(&[], tally);
    }

    /// Kills a side, unless it is done; says whether it did.
    fn kill(&mut self, role: Role, tally: &mut Tally) -> bool {
        let end = self.sides[role as usize].kill();
        if end.killed().is_err() {
            end.expect(0);
            return false;
        }
        tally.killed[role as usize] += 1;
        tally.attaching += u32::from(self.holders(role) == self.before[role as usize]);
        true
    }

    fn restart(&mut self, role: Role) {
        self.before[role as usize] = self.holders(role);
        self.sides[role as usize] = self.place.start(role);
    }

    /// How many have held a seat so far.
    fn holders(&self, role: Role) -> u32 {
        look_under(&self.place.name()).map_or(0, |status| seat(&status, role).epoch)
    }

    /// Everybody who is not gone must say that all is done.
    fn finish(mut self, gone: &[Role], tally: &mut Tally) {
        for role in ROLES {
            // It was killed when everything had been received, and started again when nothing was
            // left of the stream: it waits, or has waited, at the beginning of another.
            let name = self.place.name();
            let alone = |status| seat(&status, role.peer()).epoch == 0;
            let late = || look_under(&name).is_some_and(alone);
            let side = &mut self.sides[role as usize];
            let late = if gone.contains(&role) {
                late()
            } else {
                until("the end of a side", || {
                    (late() || side.has_ended()).then(&late)
                })
            };
            if late {
                tally.late += 1;
                assert!(side.kill().killed().is_ok(), "it waits");
                std::fs::remove_file(name.path()).expect("it has made the name");
            } else if !gone.contains(&role) {
                side.wait().expect(0);
            }
        }
        self.place.expect_all();
        tally.streams += 1;
    }
}
