//! A victim recovers what two others held, who were killed before it in the middle of what they
//! did.

use aqueduct::buffer::Owner;
use aqueduct::shm::Name;

use super::buffers::Buffer;
use super::crowd::{BEFORE, OWN, PUSHER, RECOVERER, TAKER, live};
use super::dead::{VARIANTS, place, states};
use super::operation::{Fate, Operation, Scene, end};
use super::survivors::Crowd;
use super::tracer::between_marks;

/// The victim recovers a pusher and a taker.
pub fn recover<B: Buffer>() -> Operation {
    let run = |name: &Name| {
        let _seat = live(name);
        let buffer = B::open(name);
        let settle = |dead: Owner| buffer.recover(dead, RECOVERER);
        let settled = between_marks(|| settle(PUSHER) + settle(TAKER));
        end(settled > 0)
    };
    let set = |name: &Name, turn| {
        let states = states::<B>();
        place::<B>(name, &states[turn % states.len()]);
        let buffer = B::open(name);
        Box::new(Recovering(Crowd::of(buffer, name, true))) as _
    };
    Operation {
        variants: VARIANTS,
        ..Operation::new(format!("{} recover", B::WHAT), set, run)
    }
}

struct Recovering<B>(Crowd<B>);

impl<B: Buffer> Scene for Recovering<B> {
    fn go_round(&mut self) {
        self.0.go_round(true, &[PUSHER, TAKER, RECOVERER]);
    }

    /// Nobody is in the way any more.
    fn look_at_the_end(&mut self) {
        self.0.go_round(true, &[]);
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let found = self.0.settle();
        found.check();
        fate.agrees(found.settled == 0);
        let (missing, sent) = (&found.missing, found.count(OWN));
        assert!(missing.iter().all(|&number| number <= BEFORE));
        assert_eq!(found.again(), usize::from(B::MARKS), "the taker held one");
        // Otherwise the taker may have released it before it was killed.
        assert!(missing.len() <= usize::from(!B::MARKS), "{missing:?}");
        assert!(sent == 0 || !B::CLAIMS, "it was given up");
        format!("{} left", found.settled)
    }
}
