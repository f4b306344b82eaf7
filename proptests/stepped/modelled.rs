//! A script in the model's memory, and all outcomes that it has there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{self, Ordering::Relaxed};

use aqueduct::buffer::spsc::Ring;
use aqueduct::link::{Link, Role};
use aqueduct::model::{self, FUTEX_OWNER_DIED, Failure, Machine, Model};
use aqueduct::place::boxed;
use aqueduct::platform::{Atomic, Ordering};
use aqueduct::position::Capacity;
use aqueduct::wait::Patience;

use super::script::Script;
use super::survivor::{Fate, survive};
use super::victim;
use super::world::{SURVIVOR, Who, World};

/// The number of the process that is killed.
const VICTIM: u32 = 1;

/// The memory of one execution.
struct Modelled {
    link: Box<Link<Machine, u32>>,
    ring: Box<Ring<Machine, u32>>,
    capacity: Capacity,
    /// The kernel's lock of the victim's seat: its number, until it is gone.
    lock: model::AtomicU32,
    /// No part of the memory of the model: who looks knows that the victim is gone.
    returned: atomic::AtomicU32,
}

impl Modelled {
    fn new(script: &Script) -> Arc<Self> {
        let (capacity, start) = (script.capacity(), script.start());
        Arc::new(Self {
            link: boxed(capacity, start).expect("it is small"),
            ring: boxed(capacity, start).expect("it is small"),
            capacity,
            lock: Atomic::new(VICTIM),
            returned: atomic::AtomicU32::new(0),
        })
    }

    /// In the victim: what the kernel does at its end. The truth is there before the suspicion, so
    /// that nobody has to wait for it.
    fn doom(self: &Arc<Self>, role: Role) {
        model::robust(Arc::clone(self), |world| &world.lock, VICTIM);
        let world = Arc::clone(self);
        model::robust(world, move |world| world.link.seat(role).life(), VICTIM);
    }
}

impl World for Modelled {
    type Platform = Machine;

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn link(&self) -> &Link<Machine, u32> {
        &self.link
    }

    fn ring(&self) -> &Ring<Machine, u32> {
        &self.ring
    }

    fn sit(self: &Arc<Self>, role: Role, who: Who) {
        let seat = self.link.seat(role);
        seat.begin_epoch();
        seat.sit(match who {
            Who::Victim => VICTIM,
            Who::Survivor => SURVIVOR,
        });
    }

    fn let_go(&self) {}

    fn is_dead(&self) -> bool {
        // A system call tells the newest value, as a read-modify-write does.
        self.lock.fetch_or(0, Ordering::Acquire) == FUTEX_OWNER_DIED
    }

    fn note(&self) {
        self.returned.fetch_add(1, Relaxed);
    }

    fn patience() -> Patience {
        Patience {
            spins: 0,
            deadline: None,
        }
    }
}

/// The script as a model.
fn model(script: &Script, bound: Option<usize>) -> Model {
    let script = *script;
    let model = Model::new(script.to_string(), move || {
        let world = Modelled::new(&script);
        let start = || {
            if script.seated() {
                world.sit(script.victim, Who::Victim);
            }
            let world = Arc::clone(&world);
            model::process(VICTIM, move || {
                world.doom(script.victim);
                victim::act(&world, &script);
            })
        };
        survive(&world, &script, start, |process| {
            process.join();
            Fate {
                killed_before: model::killed_before(VICTIM).map(|site| site.to_string()),
                returned: world.returned.load(Relaxed),
            }
        })
    });
    match bound {
        Some(bound) => model.bound(bound),
        None => model,
    }
}

/// The outcomes of a script for each access at which the victim is killed, the first one's first;
/// the last are those for one access more than it ever has.
pub struct Outcomes {
    pub at: Vec<BTreeSet<String>>,
    pub executions: usize,
}

/// Explores the script, with so many preemptions, with the victim killed at its first access, at
/// its second, and so on.
pub fn outcomes(script: &Script, bound: Option<usize>) -> Result<Outcomes, Failure> {
    let (mut at, mut executions) = (Vec::new(), 0);
    loop {
        let report = model(script, bound)
            .killed(VICTIM, at.len() + 1)
            .explore()?;
        executions += report.executions;
        let seen: BTreeSet<_> = report.outcomes.into_keys().collect();
        let over = seen.iter().all(|outcome| Fate::is_an_end(outcome));
        at.push(seen);
        if over {
            return Ok(Outcomes { at, executions });
        }
    }
}
