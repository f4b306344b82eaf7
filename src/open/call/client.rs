//! The side that asks.

use std::fmt;
use std::process;

use thiserror::Error;

use super::letter::{Letter, NAME};
use crate::link::mailbox::Capacity;
use crate::link::select::{Few, Select, Selectable, map};
use crate::link::{Ended, SendTimeoutError};
use crate::open::AttachError;
use crate::open::mailbox::{Mailbox, Options, Receiver, Sender};
use crate::place::Plain;
use crate::platform::native::Native;
use crate::shm::{Name, NameError};
use crate::wait::{Patience, TimedOut};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallError<Q> {
    /// The question was not sent, and comes back.
    #[error("the question was not sent: {0}")]
    NotAsked(SendTimeoutError<Q>),
    /// It was sent, and not answered in time. What comes later is thrown away.
    #[error("timed out: the question was sent, and not answered in time")]
    Unanswered,
    /// It was sent, and the server has closed its mailbox, or died; it may have read the question.
    #[error("the server went before it answered: {0}")]
    Gone(Ended),
}

/// One that asks a server questions of type `Q` and gets answers of type `R`, one after another.
pub struct Client<Q: Plain, R: Plain> {
    questions: Sender<Letter<Q>>,
    answers: Receiver<Letter<R>>,
    reply_box: Mailbox<Letter<R>>,
    /// The number of the last call.
    number: u64,
}

impl<Q: Plain, R: Plain> Client<Q, R> {
    /// Opens the mailbox of the server, and makes a box for answers.
    ///
    /// # Errors
    /// [`AttachError`]: there is no server of this name, it is gone, or its messages are others.
    pub fn new(server: &Name) -> Result<Self, AttachError> {
        let questions = Options::new().open::<Letter<Q>>(server)?.sender();
        let reply_box = reply_box(server)?;
        Ok(Self {
            questions,
            answers: reply_box.receiver(),
            reply_box,
            number: 0,
        })
    }

    /// Asks, and waits for the answer with `patience`.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(&mut self, question: Q, patience: Patience) -> Result<R, CallError<Q>> {
        self.number = self.number.wrapping_add(1);
        let reply_to = self.reply_box.object().name();
        let letter = Letter::question(reply_to, self.number, question);
        let sent = self.questions.send_with_patience(letter, patience);
        sent.map_err(|error| CallError::NotAsked(error.map(|letter| letter.message)))?;
        self.answer(patience)
    }

    /// Waits for the answer to the last question.
    fn answer(&mut self, patience: Patience) -> Result<R, CallError<Q>> {
        let number = self.number;
        loop {
            let letter = match self.next_letter(patience) {
                Ok(Ok(letter)) => letter,
                Ok(Err(why)) => return Err(CallError::Gone(why)),
                Err(TimedOut) => return Err(CallError::Unanswered),
            };
            // Another one is the answer to a call that was given up.
            if letter.number() == number {
                return Ok(letter.message);
            }
        }
    }

    /// What comes next: a letter, or the end of the server, behind the last letter.
    fn next_letter(&mut self, patience: Patience) -> Result<Result<Letter<R>, Ended>, TimedOut> {
        let mut gone = map(self.questions.ended(), Err);
        let (index, came) = {
            let mut links: [&mut dyn Selectable<Native, Output = _>; 2] =
                [&mut self.answers, &mut gone];
            let select = Select::with_poller(&mut links, Few::new());
            let mut select = select.unwrap_or_else(|_| unreachable!("they are two mailboxes"));
            select.wait(patience)?
        };
        match index {
            1 => Ok(self.answers.try_recv().map_or(came, Ok)),
            _ => Ok(came),
        }
    }
}

/// A box for answers, with a name that nobody else has.
fn reply_box<R: Plain>(server: &Name) -> Result<Mailbox<Letter<R>>, AttachError> {
    let options = Options::new().capacity(Capacity::Bounded(1));
    for number in 0_u64.. {
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
            Err(AttachError::Exists { .. }) => {}
            made => return made,
        }
    }
    unreachable!("a process does not make so many")
}

impl<Q: Plain, R: Plain> fmt::Debug for Client<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("reply_box", &self.reply_box)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
