//! A script on a real mapping: the survivor in this process, the victim in a helper.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aqueduct::buffer::spsc::Ring;
use aqueduct::life::CLOSED;
use aqueduct::link::{Link, Role};
use aqueduct::place::Place;
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::{Byte, Guard, Keeper, Mapping, Object};
use aqueduct::wait::Patience;

use super::machine::Stepped;
use super::news::News;
use super::script::Script;
use super::soon::Soon;
use super::world::{SURVIVOR, Who, World};

/// Where the link and the ring lie; the news come first.
const LINK: usize = 4096;
const RING: usize = 8192;
/// The size of the object.
pub const LEN: usize = 12288;

/// Nothing takes so long unless somebody was not woken.
const LONG: Duration = Duration::from_secs(10);

/// A mapped object, as one process uses it.
pub struct Real<P> {
    mapping: Arc<Mapping>,
    object: Arc<Object>,
    capacity: Capacity,
    victim: Role,
    guards: Mutex<Vec<Guard>>,
    keeper: Mutex<Option<Keeper>>,
    _machine: PhantomData<P>,
}

/// A machine on which a process sits down for real.
pub trait Side: Futex {
    /// Sits down on the seat of `role`, whose lock the process has.
    fn sit(world: &Arc<Real<Self>>, role: Role);

    /// Before the store of a goodbye.
    fn let_go(world: &Real<Self>);
}

/// A survivor is not watched by its kernel: nobody kills it.
impl Side for Soon {
    fn sit(world: &Arc<Real<Self>>, role: Role) {
        world.lock(role);
        let seat = world.link().seat(role);
        seat.begin_epoch();
        seat.sit(SURVIVOR);
    }

    fn let_go(_: &Real<Self>) {}
}

/// A keeper has the victim's life word, as in a named link, and stores what the model stores.
impl Side for Stepped {
    fn sit(world: &Arc<Real<Self>>, role: Role) {
        world.link().seat(role).begin_epoch();
        let keeper = Arc::clone(world);
        Stepped::instead_of_next_store(move || {
            let attached = Keeper::attach(Arc::clone(&keeper.mapping), keeper.life(role));
            let attached = attached.expect("a thread can be started");
            *keeper.keeper.lock().expect("no panic") = Some(attached);
        });
        world.link().seat(role).sit(0);
    }

    fn let_go(world: &Real<Self>) {
        let keeper = world.keeper.lock().expect("no panic").take();
        let keeper = keeper.expect("it was seated");
        Stepped::instead_of_next_store(move || keeper.detach(CLOSED));
    }
}

impl<P: Side> Real<P> {
    /// The object as it was placed by [`place`].
    pub fn open(object: &Arc<Object>, script: &Script) -> Arc<Self> {
        Arc::new(Self {
            mapping: Arc::new(object.map(LEN).expect("it can be mapped")),
            object: Arc::clone(object),
            capacity: script.capacity(),
            victim: script.victim,
            guards: Mutex::default(),
            keeper: Mutex::default(),
            _machine: PhantomData,
        })
    }

    pub fn news(&self) -> &News {
        News::of(&self.mapping)
    }

    /// Takes the lock of a seat.
    pub fn lock(&self, role: Role) {
        let guard = self.object.try_lock(byte(role)).expect("it can be locked");
        let guard = guard.expect("the seat is free");
        self.guards.lock().expect("no panic").push(guard);
    }

    fn life(&self, role: Role) -> &AtomicU32 {
        let life = (&raw const *self.link().seat(role).life()).cast_mut();
        // SAFETY: it is an atomic word of a link, in whichever wrapping.
        unsafe { AtomicU32::from_ptr(life.cast()) }
    }
}

/// Makes a link and a ring in a fresh object.
pub fn place(mapping: &Mapping, script: &Script) {
    let link: NonNull<Link<Soon, u32>> = at(mapping, LINK, script.capacity());
    // SAFETY: the block is zeroed, large enough, and nobody else knows it.
    unsafe { Link::init(link, script.start()) };
    let ring: NonNull<Ring<Soon, u32>> = at(mapping, RING, script.capacity());
    // SAFETY: as above.
    unsafe { Ring::init(ring, script.start()) };
}

/// The structure at `offset`.
fn at<S: Place + ?Sized>(mapping: &Mapping, offset: usize, capacity: Capacity) -> NonNull<S> {
    let size = S::layout(capacity).expect("it is small").size();
    let block = mapping.as_ptr().wrapping_add(offset);
    assert!(mapping.contains(block, size) && size <= RING - LINK);
    S::at(NonNull::new(block).expect("it is mapped"), capacity)
}

fn byte(role: Role) -> Byte {
    match role {
        Role::Sender => Byte::Sender,
        Role::Receiver => Byte::Receiver,
    }
}

impl<P: Side> World for Real<P> {
    type Platform = P;

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn link(&self) -> &Link<P, u32> {
        // SAFETY: it was placed there, on a machine of the same layout, for as long as the mapping.
        unsafe { at::<Link<P, u32>>(&self.mapping, LINK, self.capacity).as_ref() }
    }

    fn ring(&self) -> &Ring<P, u32> {
        // SAFETY: as above.
        unsafe { at::<Ring<P, u32>>(&self.mapping, RING, self.capacity).as_ref() }
    }

    fn sit(self: &Arc<Self>, role: Role, _: Who) {
        P::sit(self, role);
    }

    fn let_go(&self) {
        P::let_go(self);
    }

    fn is_dead(&self) -> bool {
        let locked = self.object.is_locked(byte(self.victim));
        !locked.expect("it can be known")
    }

    fn note(&self) {
        self.news().returned.fetch_add(1, Relaxed);
    }

    fn patience() -> Patience {
        Patience {
            spins: 0,
            deadline: Some(Native::now() + LONG),
        }
    }
}
