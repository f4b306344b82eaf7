//! The owner of a mailbox between processes, none of which dies.

use super::killed::{receive_all, send};
use super::memory::post;
use super::{Capacity, STOPPED};
use aqueduct::link::Ended;
use aqueduct::link::mailbox::Succession::{Closes, HandedOver};
use aqueduct::model::{self, Machine, Model};
use aqueduct::platform::{Cell, Platform};
use std::rc::Rc;
use std::sync::Arc;

type MachineCell<T> = <Machine as Platform>::Cell<T>;

/// Two processes.
const OWNER: u32 = 9;
const GUEST: u32 = 10;

/// The owner sends a message and closes the mailbox, in two threads at once: one that waits gets the
/// message before it is told.
pub fn closes() -> Model {
    Model::new("the owner sends and closes", || {
        let post = post(Capacity::Bounded(2), Closes, OWNER);
        let owner = post.make(OWNER);
        let guest = post.come(GUEST).expect("it is made");
        let closing = [1, 2].map(|message| {
            let owner = owner.clone();
            model::spawn(move || {
                let sent = send(&owner.sender(), message).is_ok();
                (sent, owner.close())
            })
        });
        let (received, why) = receive_all(&guest.receiver());
        assert_eq!(why, Ended::Closed);
        let [first, second] = closing.map(|thread| thread.join().unwrap());
        assert!(first.1 ^ second.1, "one of them closed it");
        let closer = if first.1 { (first, 1) } else { (second, 2) };
        assert!(closer.0.0 && received.contains(&closer.1), "{received:?}");
        received
    })
    .bound(1)
}

/// A mailbox without an owner: of two who come one owns it.
pub fn one_of_two_owns() -> Model {
    Model::new("two find a mailbox without an owner", || {
        let post = post(Capacity::Bounded(1), HandedOver, OWNER);
        drop(post.make(OWNER));
        let coming = model::spawn({
            let post = Arc::clone(&post);
            move || post.come(GUEST).expect("it is made")
        });
        let here = post.come(STOPPED + 1).expect("it is made");
        let there = coming.join().unwrap();
        let owns = [here.is_owner(), there.is_owner()];
        assert!(owns[0] ^ owns[1], "{owns:?}");
        owns
    })
    .bound(1)
}

/// What the owner did before it closed the mailbox is seen by whoever is told.
pub fn closing_publishes() -> Model {
    Model::new("what an owner does before it closes", || {
        let post = post(Capacity::Bounded(1), Closes, OWNER);
        let owner = post.make(OWNER);
        let guest = post.come(GUEST).expect("it is made");
        let cell: Rc<MachineCell<u32>> = Rc::new(Cell::new(0));
        let closing = model::spawn({
            let cell = Rc::clone(&cell);
            move || {
                // SAFETY: nobody else looks before the mailbox is closed.
                cell.with_mut(|cell| unsafe { *cell = 1 });
                assert!(owner.close());
            }
        });
        assert_eq!(receive_all(&guest.receiver()), (vec![], Ended::Closed));
        // SAFETY: the owner is done with it.
        assert_eq!(cell.with(|cell| unsafe { *cell }), 1);
        closing.join().unwrap();
    })
    .bound(2)
}
