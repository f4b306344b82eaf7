//! An end of a link in sealed memory.

use std::ptr::NonNull;
use std::sync::Arc;

use super::{HandOverError, Plain, SealedError};
use crate::life::{DIED, Seat, WAITERS};
use crate::link::{End, Link, Role};
use crate::place::Place;
use crate::platform::Futex;
use crate::platform::Ordering::Release;
use crate::platform::native::{Native, Wary};
use crate::position::Capacity;
use crate::shm::{Conversation, Fate, Mapping, Peer, Watch};

/// An end of a sealed link: the mapping, and the watch over the peer.
#[derive(Debug)]
pub struct Sealed<T> {
    link: NonNull<Link<Wary, T>>,
    capacity: Capacity,
    role: Role,
    /// The peer's life, in memory of this process alone.
    life: Arc<PeerSeat>,
    watch: Watch,
    _mapping: Mapping,
}

/// The seat that the watch writes, and the end reads.
struct PeerSeat(Seat<Wary>);

impl std::fmt::Debug for PeerSeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let presence = crate::life::Presence::of(self.0.look());
        f.debug_tuple("PeerSeat").field(&presence).finish()
    }
}

impl PeerSeat {
    /// What became of the peer.
    fn tell(&self, fate: Fate) {
        match fate {
            Fate::Left => self.0.leave(),
            Fate::Dead => self.0.life().store(WAITERS | DIED, Release), // GONE
        }
        // The word is this process's own.
        Native::wake(self.0.life());
    }
}

// SAFETY: the link is shared between processes anyway, and the mapping travels along.
unsafe impl<T: Send> Send for Sealed<T> {}

/// The link behind `front` bytes of `mapping`, as the plan has it.
fn link_at<T: Plain>(
    mapping: &Mapping,
    front: usize,
    capacity: Capacity,
) -> NonNull<Link<Wary, T>> {
    let block = NonNull::new(mapping.as_ptr()).expect("no mapping is at zero");
    // SAFETY: the plan leaves so many bytes before the link, in the mapping.
    Link::at(unsafe { block.add(front) }, capacity)
}

/// Whether nobody has used the link that is handed over.
///
/// # Errors
/// [`SealedError::Used`].
pub(super) fn check_new<T: Plain>(
    mapping: &Mapping,
    front: usize,
    capacity: Capacity,
) -> Result<(), SealedError> {
    let link = link_at::<T>(mapping, front, capacity);
    // SAFETY: a link of this capacity fits there, by the plan. Any bytes are one: words that are
    // checked when they are read, and cells of plain data.
    let (received, sent) = unsafe { link.as_ref() }.positions();
    let (received, sent) = (received.count(), sent.count());
    if (received, sent) == (0, 0) {
        Ok(())
    } else {
        Err(SealedError::Used { sent, received })
    }
}

impl<T: Plain> Sealed<T> {
    /// The end of `role` of the link behind `front` bytes of `mapping`, as the plan has it.
    ///
    /// # Errors
    /// If there is no memory for a thread.
    pub(super) fn attach(
        conversation: Conversation,
        mapping: Mapping,
        front: usize,
        capacity: Capacity,
        role: Role,
    ) -> Result<Self, SealedError> {
        let life = Arc::new(PeerSeat(Seat::new()));
        // Any number but 0: nobody asks which.
        life.0.sit(1);
        let told = Arc::clone(&life);
        let (socket, peer) = conversation.end();
        let watch = Watch::over(socket, peer, move |fate| told.tell(fate));
        Ok(Self {
            link: link_at(&mapping, front, capacity),
            capacity,
            role,
            life,
            watch: watch.map_err(HandOverError::io("start the thread that watches the peer"))?,
            _mapping: mapping,
        })
    }
}

impl<T> Sealed<T> {
    /// The process at the other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.watch.peer()
    }
}

// SAFETY: the mapping is kept as long as the end, and was checked to be large enough for this capacity;
// one end was made of it, and the other handed over. If the peer breaks this, or puts anything else
// than a `T` into the link, any bytes are one, since `T` is plain; and no reference leads to them.
unsafe impl<T: Plain> End for Sealed<T> {
    type Platform = Wary;
    type Message = T;

    fn link(&self) -> &Link<Wary, T> {
        // SAFETY: a link fits there, and any bytes are one: new memory is zeros, which are one that
        // nobody has used.
        unsafe { self.link.as_ref() }
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn role(&self) -> Role {
        self.role
    }

    fn peer_seat(&self) -> &Seat<Wary> {
        &self.life.0
    }

    fn leave(&mut self) {
        self.watch.leave();
    }

    fn is_forked(&self) -> bool {
        self.watch.is_forked()
    }

    fn peer_is_mortal(&self) -> bool {
        true
    }

    fn peer_is_dead(&self) -> bool {
        // The watch writes there when that is certain, or when the peer has hung up without a goodbye:
        // then it counts as dead, and if it acts nevertheless, it is one that lies.
        self.life.0.look() & DIED != 0
    }
}
