//! The side that asks.

use std::fmt;
use std::process;

use super::letter::{Letter, NAME, REPLY_BOX};
use crate::link::call::{self, CallError};
use crate::open::AttachError;
use crate::open::mailbox::{Mailbox, Options};
use crate::place::Plain;
use crate::platform::Futex as _;
use crate::platform::native::Native;
use crate::shm::{Name, NameError};
use crate::wait::Patience;

/// One that asks a server questions of type `Q` and gets answers of type `R`, one after another.
pub struct Client<Q: Plain, R: Plain> {
    client: call::Client<Mailbox<Letter<Q>>, Mailbox<Letter<R>>>,
    reply_box: Mailbox<Letter<R>>,
}

impl<Q: Plain, R: Plain> Client<Q, R> {
    /// Opens the mailbox of the server, and makes a box for answers.
    ///
    /// # Errors
    /// [`AttachError`]: there is no server of this name, it is gone, or its messages are others.
    pub fn new(server: &Name) -> Result<Self, AttachError> {
        let questions = Options::new().open::<Letter<Q>>(server)?.sender();
        let reply_box = reply_box(server)?;
        let client = call::Client::new(questions, reply_box.receiver(), moment());
        Ok(Self { client, reply_box })
    }

    /// Asks, and waits for the answer with `patience`.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(&mut self, question: Q, patience: Patience) -> Result<R, CallError<Q>> {
        let reply_to = self.reply_box.object().name();
        let letter = |number| Letter::question(reply_to, number, question);
        match self.client.call(letter, patience) {
            Ok(letter) => Ok(letter.message),
            Err(error) => Err(error.map(|letter| letter.message)),
        }
    }
}

/// A number behind those of all calls before this moment: of a client whose box had the same name,
/// and whose questions may still be answered. No call takes less than a nanosecond; and all of these
/// look at one clock, that of their time namespace.
fn moment() -> u64 {
    u64::try_from(Native::now().as_nanos()).expect("the machine is not so old")
}

/// So many names of boxes are tried: whoever takes more wants that there is none.
const NAMES: u32 = 4096;

/// A box for answers, with a name that nobody else has, whatever lies under those that are taken.
fn reply_box<R: Plain>(server: &Name) -> Result<Mailbox<Letter<R>>, AttachError> {
    let options = Options::new().capacity(REPLY_BOX);
    let mut number = 0;
    loop {
        let name = format!(
            "{}.reply-{}-{number}",
            server.as_os_str().display(),
            process::id()
        );
        let name = Name::parse(name).and_then(|name| match name.as_os_str().len() {
            len if len > NAME => Err(NameError::TooLong { len, max: NAME }),
            _ => Ok(name),
        });
        let name = name.map_err(|source| AttachError::ReplyBox {
            name: server.clone(),
            source,
        })?;
        match options.create(&name) {
            Err(error) if error.is_of_what_lies_there() && number < NAMES => number += 1,
            made => return made,
        }
    }
}

impl<Q: Plain, R: Plain> fmt::Debug for Client<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("reply_box", &self.reply_box)
            .finish_non_exhaustive()
    }
}
