//! A link in the model's memory, with the kernel's lock of each seat: what `open::Named` is to
//! real processes.

use crate::picture::picture;
use aqueduct::life::Presence;
use aqueduct::link::{End, Link, Receiver, Role, Sender};
use aqueduct::model::{self, AtomicU32, FUTEX_OWNER_DIED, Machine};
use aqueduct::place::boxed;
use aqueduct::platform::Ordering::{Acquire, Relaxed};
use aqueduct::platform::{Atomic, Futex};
use aqueduct::position::{Capacity, Position};
use std::fmt::Debug;
use std::sync::Arc;

/// The number of a process that is killed.
pub const VICTIM: u32 = 1;
/// Its successor, if that is killed as well.
pub const SECOND_VICTIM: u32 = 41;
/// The number of one that is not.
pub const SURVIVOR: u32 = 9;

/// A link, and the locks of its seats: 0 or the kernel's mark when free, else the holder.
pub struct Memory<T: 'static = u32> {
    link: Box<Link<Machine, T>>,
    locks: [AtomicU32; 2],
    capacity: Capacity,
}

/// A link for `capacity` messages whose stream starts `before_wrap` messages before its position
/// wraps. It is drawn where a model fails.
pub fn memory(capacity: usize, before_wrap: usize) -> Arc<Memory> {
    memory_of(capacity, before_wrap)
}

/// The same for messages of any type.
pub fn memory_of<T: Copy + Debug>(capacity: usize, before_wrap: usize) -> Arc<Memory<T>> {
    let capacity = Capacity::new(capacity).unwrap();
    let start = Position::new(0).minus(before_wrap);
    let memory = Arc::new(Memory {
        link: boxed(capacity, start).unwrap(),
        locks: [Atomic::new(0), Atomic::new(0)],
        capacity,
    });
    let drawn = Arc::clone(&memory);
    model::watch(move || drawn.picture());
    memory
}

/// An end in the model's memory.
pub struct ModelEnd<T: 'static = u32> {
    memory: Arc<Memory<T>>,
    role: Role,
    /// Whether a death is told by the life word, and the truth by the lock.
    mortal: bool,
}

// SAFETY: the lock makes it the one end of its role, ordered behind the last one.
unsafe impl<T> End for ModelEnd<T> {
    type Platform = Machine;
    type Message = T;

    fn link(&self) -> &Link<Machine, T> {
        &self.memory.link
    }

    fn capacity(&self) -> Capacity {
        self.memory.capacity
    }

    fn role(&self) -> Role {
        self.role
    }

    fn leave(&mut self) {
        if self.mortal {
            self.memory.leave(self.role);
        } else {
            self.memory.link.seat(self.role).leave();
        }
    }

    fn peer_is_mortal(&self) -> bool {
        self.mortal
    }

    fn peer_is_dead(&self) -> bool {
        is_free(self.memory.holder(self.role.peer()))
    }
}

impl<T> Memory<T> {
    /// Both ends, as threads of one process have them.
    pub fn threads(self: &Arc<Self>) -> (Sender<ModelEnd<T>>, Receiver<ModelEnd<T>>) {
        let end = |role| {
            self.link.seat(role).sit(1);
            self.end(role, false)
        };
        let (sender, receiver) = (end(Role::Sender), end(Role::Receiver));
        (
            Sender::new(sender).unwrap(),
            Receiver::new(receiver).unwrap(),
        )
    }

    /// The sender's end, for the process with this number.
    pub fn sender(self: &Arc<Self>, process: u32) -> Sender<ModelEnd<T>> {
        Sender::new(self.sit(Role::Sender, process)).unwrap()
    }

    /// The receiver's end, for the process with this number.
    pub fn receiver(self: &Arc<Self>, process: u32) -> Receiver<ModelEnd<T>> {
        Receiver::new(self.sit(Role::Receiver, process)).unwrap()
    }

    /// The sender's end, for a survivor that happens to have the victim's number.
    pub fn twin_sender(self: &Arc<Self>) -> Sender<ModelEnd<T>> {
        Sender::new(self.grant(Role::Sender, VICTIM)).unwrap()
    }

    /// The receiver's end, likewise.
    pub fn twin_receiver(self: &Arc<Self>) -> Receiver<ModelEnd<T>> {
        Receiver::new(self.grant(Role::Receiver, VICTIM)).unwrap()
    }

    /// The sender's end of a process that is about to start, which then has to call
    /// [`doom`](Memory::doom).
    pub fn doomed_sender(self: &Arc<Self>) -> Sender<ModelEnd<T>> {
        Sender::new(self.take(Role::Sender, VICTIM)).unwrap()
    }

    /// The receiver's end, likewise.
    pub fn doomed_receiver(self: &Arc<Self>) -> Receiver<ModelEnd<T>> {
        Receiver::new(self.take(Role::Receiver, VICTIM)).unwrap()
    }

    /// Has the kernel free the seat of the calling process at its end, and then mark it: here the
    /// truth is there before the suspicion, so that nobody has to wait for it.
    pub fn doom(self: &Arc<Self>, role: Role) {
        self.free_at_end(role, VICTIM);
        self.mark_at_end(role, VICTIM);
    }

    /// The same in the kernel's order: a death is suspected before it is certain, and certain only after
    /// the last access.
    pub fn doom_slowly(self: &Arc<Self>, role: Role) {
        self.mark_at_end(role, VICTIM);
        let memory = Arc::clone(self);
        model::lock(memory, move |memory| &memory.locks[role as usize], VICTIM);
    }

    /// How many messages lie in the link.
    pub fn unread(&self) -> u64 {
        let (head, tail) = self.link.positions();
        tail.since(head)
    }

    /// Takes a free seat for a process; the kernel tidies up after the victim.
    fn sit(self: &Arc<Self>, role: Role, process: u32) -> ModelEnd<T> {
        self.lock(role, process);
        if process == VICTIM {
            self.doom(role);
        }
        self.begin(role, process)
    }

    /// Takes a free seat for one that is not killed.
    fn grant(self: &Arc<Self>, role: Role, process: u32) -> ModelEnd<T> {
        self.lock(role, process);
        self.begin(role, process)
    }

    fn lock(&self, role: Role, process: u32) {
        let holder = self.holder(role);
        assert!(is_free(holder), "the seat is taken");
        let lock = &self.locks[role as usize];
        let taken = lock.compare_exchange(holder, process, Acquire, Relaxed);
        assert_eq!(taken, Ok(holder), "nobody else takes it");
    }

    fn begin(self: &Arc<Self>, role: Role, process: u32) -> ModelEnd<T> {
        self.link.seat(role).begin_epoch();
        self.link.seat(role).sit(process);
        self.end(role, true)
    }

    /// Takes a seat before anybody else acts.
    fn take(self: &Arc<Self>, role: Role, process: u32) -> ModelEnd<T> {
        self.locks[role as usize].swap(process, Relaxed);
        self.link.seat(role).sit(process);
        self.end(role, true)
    }

    fn mark_at_end(self: &Arc<Self>, role: Role, process: u32) {
        let memory = Arc::clone(self);
        model::robust(memory, move |memory| memory.link.seat(role).life(), process);
    }

    fn free_at_end(self: &Arc<Self>, role: Role, process: u32) {
        let memory = Arc::clone(self);
        model::robust(memory, move |memory| &memory.locks[role as usize], process);
    }

    /// A goodbye as the keeper says it: it also wakes who watches the life word.
    pub fn leave(&self, role: Role) {
        let seat = self.link.seat(role);
        seat.leave();
        Machine::wake(seat.life());
    }

    fn end(self: &Arc<Self>, role: Role, mortal: bool) -> ModelEnd<T> {
        let memory = Arc::clone(self);
        ModelEnd {
            memory,
            role,
            mortal,
        }
    }

    /// Who holds the lock of a seat. A system call tells the newest value, as a
    /// read-modify-write does.
    fn holder(&self, role: Role) -> u32 {
        self.locks[role as usize].fetch_or(0, Acquire)
    }
}

impl<T: Copy + Debug> Memory<T> {
    /// The ring, and what the seats say.
    fn picture(&self) -> String {
        let [sender, receiver] = [Role::Sender, Role::Receiver].map(|role| {
            let life = self.link.seat(role).look();
            format!("{role} {:?}", Presence::of(life))
        });
        let ring = picture(self.link.ring(), self.capacity);
        format!("{ring}   {sender}, {receiver}")
    }
}

fn is_free(holder: u32) -> bool {
    holder == 0 || holder == FUTEX_OWNER_DIED
}
