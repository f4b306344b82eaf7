//! The other processes at a plain ring. Nobody tells of a death there but the kernel.

use std::sync::Arc;

use aqueduct::buffer::spsc::{Consumer, Producer};

use super::script::{Meanwhile, Script, TOTAL};
use super::survivor::Fate;
use super::world::{Held, World};

fn producer<W: World>(world: &Arc<W>, script: &Script) -> Producer<Held<W>> {
    let held = Held(Arc::clone(world));
    // SAFETY: the ring has this capacity, and no other producer, or one that is dead.
    unsafe { Producer::attach(held, script.capacity()) }.expect("a sound ring")
}

fn consumer<W: World>(world: &Arc<W>, script: &Script) -> Consumer<Held<W>> {
    let held = Held(Arc::clone(world));
    // SAFETY: as in `producer`; `u32` is put into it.
    unsafe { Consumer::attach(held, script.capacity()) }.expect("a sound ring")
}

/// The victim pushes.
pub fn pops<W: World, V>(
    world: &Arc<W>,
    script: &Script,
    start: impl FnOnce() -> V,
    end: impl FnOnce(V) -> Fate,
) -> String {
    let mut consumer = consumer(world, script);
    let victim = start();
    let known = world.is_dead();
    let tried = (script.meanwhile == Meanwhile::Look).then(|| consumer.pop());
    let fate = end(victim);
    let mut all: Vec<u32> = tried.into_iter().flatten().collect();
    all.extend(std::iter::from_fn(|| consumer.pop().ok()));
    let early = all.len();
    assert!(
        fate.returned as usize <= early,
        "what was pushed is there: {all:?}"
    );
    let state = state(world, script);
    assert!(world.is_dead(), "a successor must wait");
    let mut successor = producer(world, script);
    while all.len() < TOTAL as usize {
        let next = script.message(successor.position());
        successor.push(next).expect("all was popped");
        all.push(consumer.pop().expect("it was pushed"));
    }
    assert!(all.iter().copied().eq(1..=TOTAL), "in order: {all:?}");
    let fate = fate.words();
    format!("{fate}; dead: {known}, {tried:?}; {early} popped; {state}")
}

/// The victim pops.
pub fn pushes<W: World, V>(
    world: &Arc<W>,
    script: &Script,
    start: impl FnOnce() -> V,
    end: impl FnOnce(V) -> Fate,
) -> String {
    let mut producer = producer(world, script);
    (1..=script.filled).for_each(|next| producer.push(next).expect("there is room"));
    let victim = start();
    let known = world.is_dead();
    let tried = (script.meanwhile == Meanwhile::Look).then(|| producer.push(script.filled + 1));
    let fate = end(victim);
    let state = state(world, script);
    assert!(world.is_dead(), "a successor must wait");
    let mut successor = consumer(world, script);
    let first = script.number(successor.position());
    assert!(fate.returned <= first, "what was popped is gone");
    let mut rest = Vec::new();
    while rest.len() < (TOTAL - first) as usize {
        let next = script.message(producer.position());
        if next <= TOTAL {
            let _ = producer.push(next);
        }
        rest.push(successor.pop().expect("it was pushed"));
    }
    assert!(
        rest.iter().copied().eq(first + 1..=TOTAL),
        "in order: {rest:?}"
    );
    let fate = fate.words();
    format!("{fate}; dead: {known}, {tried:?}; {state}")
}

/// What the victim left behind.
fn state<W: World>(world: &Arc<W>, script: &Script) -> String {
    let (head, tail) = world.ring().positions();
    let positions = [head, tail].map(|position| script.number(position));
    format!("positions {positions:?}")
}
