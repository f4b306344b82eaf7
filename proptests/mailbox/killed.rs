//! Processes that share a mailbox, wait for each other in it, and are killed at random moments.

use std::time::Duration;

use aqueduct::buffer::Owner;
use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{RecvTimeoutError, SendTimeoutError};
use aqueduct::open::mailbox::{Mailbox, Options};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::Name;
use aqueduct::wait::Patience;

use crate::crowd::Message;
use crate::crowd::killed::{NOTHING, Taken, Tried};

/// How long one is willing to wait: long enough to fall asleep.
const WHILE: Duration = Duration::from_micros(300);

fn create(name: &Name, capacity: Capacity) -> Mailbox<Message> {
    let options = Options::new().capacity(capacity);
    options.create(name).expect("the name is free")
}

fn open(name: &Name) -> Mailbox<Message> {
    Options::new().open(name).expect("the parent made it")
}

fn pusher(mailbox: &Mailbox<Message>) -> impl FnMut(Message) -> Tried + use<> {
    let sender = mailbox.sender();
    move |message| match sender.send_timeout(message, WHILE) {
        Ok(()) => Ok(()),
        Err(SendTimeoutError::TimedOut(_)) => NOTHING,
        Err(SendTimeoutError::Ended(error)) => panic!("{error}"),
    }
}

fn taker(mailbox: &Mailbox<Message>) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried + use<> {
    let receiver = mailbox.receiver();
    move |write_down| match receiver.recv_marked(Patience::until(Native::now() + WHILE)) {
        Ok(popped) => {
            write_down(Taken {
                message: popped.message,
                again: popped.maybe_redelivered,
            });
            Ok(())
        }
        Err(RecvTimeoutError::TimedOut) => NOTHING,
        Err(RecvTimeoutError::Ended(why)) => panic!("{why}"),
    }
}

/// The tests of a mailbox of this capacity.
macro_rules! mailbox_outlives {
    ($kind:ident, $capacity:expr) => {
        mod $kind {
            use super::*;
            use crate::crowd::killed::{Outliving, outlive};

            struct Shared(Mailbox<Message>);

            impl Outliving for Shared {
                const HELPER: &'static str =
                    concat!("mailbox::killed::", stringify!($kind), "::works");
                // A message is released before it can be written down: one that is killed between
                // the two takes it along.
                const NOTHING_IS_MISSING: bool = false;

                fn create(name: Name, capacity: usize) -> Self {
                    let of: fn(usize) -> Capacity = $capacity;
                    Self(super::create(&name, of(capacity)))
                }

                fn open(name: Name, _: usize) -> Self {
                    Self(super::open(&name))
                }

                fn pusher(&self, _: Owner) -> impl FnMut(Message) -> Tried {
                    super::pusher(&self.0)
                }

                fn taker(&self, _: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried {
                    super::taker(&self.0)
                }
            }

            outlive! { Shared }
        }
    };
}

mailbox_outlives! { zero, |_| Capacity::Zero }
mailbox_outlives! { bounded, Capacity::Bounded }
mailbox_outlives! { unbounded, |_| Capacity::Unbounded }
