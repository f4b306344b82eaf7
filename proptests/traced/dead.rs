//! What a pusher and a taker leave behind who are killed while they hold something.
//!
//! A buffer of the library has nothing but its bytes, and no address in them. So the bytes at the
//! moment of a death are what is found after it, by whomever and wherever; they are copied once.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aqueduct::buffer::Owner;
use aqueduct::shm::{Name, Object};

use super::buffers::{Buffer, open};
use super::crowd::{PUSHER, SURVIVOR, TAKER, filled, push, take};
use super::operation::Operation;
use super::tracer::{Stand, Victim};
use crate::shm::Scratch;

/// How many of the deaths of each of the two are kept.
const KEPT: usize = 3;
/// What is reserved and given back.
const PAGE: usize = 4096;
/// How many states there are.
pub const VARIANTS: usize = KEPT * KEPT;

/// The bytes of a buffer.
pub type State = Vec<u8>;

/// States in which a pusher and a taker have died, from its first claim to its last instruction in
/// it.
pub fn states<B: Buffer>() -> Arc<Vec<State>> {
    static ALL: Mutex<Option<HashMap<TypeId, Arc<Vec<State>>>>> = Mutex::new(None);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let all = all.get_or_insert_default();
    let states = all.entry(TypeId::of::<B>());
    Arc::clone(states.or_insert_with(|| Arc::new(find::<B>())))
}

fn find<B: Buffer>() -> Vec<State> {
    let fresh = |name: &Name| drop(filled::<B>(name));
    let pushers = deaths::<B>(&push::<B>(), fresh, holds::<B>(PUSHER));
    let takers = pushers.iter().flat_map(|state| {
        let holds: &dyn Fn(&State) -> bool = if B::ONE_TAKES {
            &|_| true
        } else {
            &holds::<B>(TAKER)
        };
        deaths::<B>(&take::<B>(), |name| place::<B>(name, state), holds)
    });
    let states: Vec<_> = takers.collect();
    assert_eq!(states.len(), VARIANTS, "of {}", B::WHAT);
    states
}

/// Whether this owner holds something.
fn holds<B: Buffer>(owner: Owner) -> impl Fn(&State) -> bool {
    move |state| {
        let name = Name::parse("aqueduct-test-unnamed").expect("a good name");
        let object = Object::unnamed(name, state.len(), 0o600).expect("there is space");
        fill(&object, state);
        B::of(object).recover(owner, SURVIVOR) > 0
    }
}

/// Some of the states in which a victim may die that `set` has made something for: the first, the
/// last and the middle of those that `hold`.
fn deaths<B: Buffer>(
    operation: &Operation,
    set: impl FnOnce(&Name),
    hold: impl Fn(&State) -> bool,
) -> Vec<State> {
    let scratch = Scratch::new();
    set(&scratch.name());
    let victim = Victim::start(operation, &scratch.name());
    let object = open(&scratch.name());
    let mut states = Vec::new();
    while victim.step() == Stand::Inside {
        states.push(read(&object));
    }
    victim.kill();
    states.retain(hold);
    assert!(
        !states.is_empty(),
        "{} never holds anything",
        operation.name
    );
    let last = states.len() - 1;
    (0..KEPT)
        .map(|turn| states[last * turn / (KEPT - 1)].clone())
        .collect()
}

fn read(object: &Object) -> State {
    let len = object.len().expect("it can be asked");
    let mut state = vec![0; usize::try_from(len).expect("it is small")];
    let read = object.read_at(&mut state, 0).expect("it can be read");
    assert_eq!(read, state.len());
    state
}

fn fill(object: &Object, state: &State) {
    let mapping = object.map(state.len()).expect("it can be mapped");
    // SAFETY: it is as long, and nobody else uses it.
    unsafe { mapping.as_ptr().copy_from(state.as_ptr(), state.len()) };
}

/// Gives a name to a copy of what was found. Memory that held nothing is not there.
pub fn place<B: Buffer>(name: &Name, state: &State) {
    let buffer = B::create(name.clone());
    let object = buffer.object();
    let mapping = object.map(state.len()).expect("it is as long");
    for (number, page) in state.chunks(PAGE).enumerate() {
        if page.iter().any(|&byte| byte != 0) {
            let to = mapping.as_ptr().wrapping_add(number * PAGE);
            // SAFETY: the page lies in the mapping, and nobody else uses it.
            unsafe { to.copy_from(page.as_ptr(), page.len()) };
        }
    }
    object.publish().expect("the name is free");
}
