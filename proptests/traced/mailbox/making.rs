//! A victim makes a mailbox.

use aqueduct::link::member::Member as _;
use aqueduct::link::{Ended, RecvTimeoutError, Role};
use aqueduct::open::AttachError;
use aqueduct::open::mailbox::Options;
use aqueduct::shm::{Name, OpenError};

use super::{Bounded, finish, options};
use crate::traced::link::{BRIEF, LONG, brief};
use crate::traced::message::Message;
use crate::traced::operation::{Fate, Operation, Scene, end};
use crate::traced::tracer::between_marks;

/// The victim makes a mailbox.
pub fn create() -> Operation {
    let run = |name: &Name| {
        let mailbox = between_marks(|| options::<Bounded>().create::<Message>(name));
        let made = mailbox.is_ok();
        std::mem::forget(mailbox);
        end(made)
    };
    let set = |name: &Name, _| Box::new(Creating { name: name.clone() }) as _;
    Operation::new("mailbox: create", set, run)
}

struct Creating {
    name: Name,
}

impl Scene for Creating {
    /// Somebody comes, and finds nothing or a whole one.
    fn go_round(&mut self) {
        match Options::new()
            .timeout(Some(BRIEF))
            .open::<Message>(&self.name)
        {
            Ok(mailbox) => {
                assert_eq!(mailbox.ended(Role::Receiver), None, "the owner lives");
                let received = mailbox.receiver().recv_with_patience(brief());
                assert_eq!(received, Err(RecvTimeoutError::TimedOut));
            }
            Err(AttachError::Open(OpenError::NotFound { .. }) | AttachError::Gate { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn look_at_the_end(&mut self) {
        let mailbox = Options::new().open::<Message>(&self.name);
        let again = options::<Bounded>().create::<Message>(&self.name);
        assert!(
            matches!(again, Err(AttachError::Exists { .. })),
            "{again:?}"
        );
        assert!(!mailbox.expect("it is there").is_owner());
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let found = Options::new()
            .timeout(Some(LONG))
            .open::<Message>(&self.name);
        let made = match found {
            Err(AttachError::OwnerGone { why, .. }) => {
                assert_eq!(why, Ended::Dead);
                true
            }
            Err(AttachError::Open(OpenError::NotFound { .. })) => false,
            other => panic!("{other:?}"),
        };
        fate.agrees(made);
        finish::<Bounded>(&self.name);
        String::from(if made { "whole" } else { "absent" })
    }
}
