//! Request and reply, over two mailboxes: a call is a question with a number, and the answer to it
//! has the same one.
//!
//! ```text
//!     Client --- question, number ---> | server's mailbox | ---> its receiver
//!     Client <--- | reply box, for one | <------ answer, number --- ReplyBox
//! ```
//!
//! The client waits for an answer, and for the end of the mailbox that it asked in. What it gave up
//! may be answered all the same: such an answer makes room for a later one, and is passed over.

use thiserror::Error;

use super::mailbox::{Hold, Receiver, Sender};
use super::select::{Few, Select, Selectable, map};
use super::{Ended, SendTimeoutError, TrySendError};
use crate::wait::{Patience, TimedOut};

/// What goes from one to the other.
pub trait Letter {
    /// The number of the call that it belongs to.
    fn number(&self) -> u64;

    /// Whether it belongs to a later call than the other one.
    fn is_after(&self, other: &Self) -> bool {
        self.number().wrapping_sub(other.number()).cast_signed() > 0
    }
}

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

impl<Q> CallError<Q> {
    /// The same with another question.
    pub fn map<U>(self, f: impl FnOnce(Q) -> U) -> CallError<U> {
        match self {
            Self::NotAsked(error) => CallError::NotAsked(error.map(f)),
            Self::Unanswered => CallError::Unanswered,
            Self::Gone(why) => CallError::Gone(why),
        }
    }
}

/// The side that asks, one question after another.
pub struct Client<Q: Hold, R: Hold> {
    questions: Sender<Q>,
    answers: Receiver<R>,
    /// The number of the last call.
    number: u64,
}

impl<Q, R> Client<Q, R>
where
    Q: Hold,
    R: Hold<Platform = Q::Platform>,
    R::Message: Letter,
{
    /// Asks in this mailbox, and has its answers in that one, which is its own. Calls are numbered
    /// from `number` on: behind those of who had such a box before.
    pub fn new(questions: Sender<Q>, answers: Receiver<R>, number: u64) -> Self {
        Self {
            questions,
            answers,
            number,
        }
    }

    /// Asks the `question` with this number, and waits for the answer with `patience`.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(
        &mut self,
        question: impl FnOnce(u64) -> Q::Message,
        patience: Patience,
    ) -> Result<R::Message, CallError<Q::Message>> {
        self.number = self.number.wrapping_add(1);
        let sent = self
            .questions
            .send_with_patience(question(self.number), patience);
        sent.map_err(CallError::NotAsked)?;
        loop {
            match self.next_letter(patience) {
                // Another one is the answer to a call that was given up.
                Ok(Ok(letter)) if letter.number() != self.number => {}
                Ok(Ok(letter)) => return Ok(letter),
                Ok(Err(why)) => return Err(CallError::Gone(why)),
                Err(TimedOut) => return Err(CallError::Unanswered),
            }
        }
    }

    /// What comes next: a letter, or the end of the server, behind the last letter.
    fn next_letter(&mut self, patience: Patience) -> Result<Result<R::Message, Ended>, TimedOut> {
        let mut gone = map(self.questions.ended(), Err);
        let (index, came) = {
            let mut links: [&mut dyn Selectable<Q::Platform, Output = _>; 2] =
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

/// The box of a client, as the server has it: to put an answer in, and to take an older one out.
pub struct ReplyBox<R: Hold> {
    sender: Sender<R>,
    receiver: Receiver<R>,
}

impl<R: Hold> ReplyBox<R>
where
    R::Message: Letter,
{
    /// Both ends of a mailbox for one answer, in which no other server answers.
    pub fn new(sender: Sender<R>, receiver: Receiver<R>) -> Self {
        Self { sender, receiver }
    }

    /// Whether the client is gone.
    pub fn is_ended(&self) -> bool {
        self.sender.is_ended()
    }

    /// Puts an answer in. Of two, that to the later call stays: the client waits for no other.
    ///
    /// # Errors
    /// The answer, if the client is gone, or stands still in the middle of taking an older one for as
    /// long as `patience` lasts.
    pub fn answer(
        &self,
        answer: R::Message,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<R::Message>> {
        let answer = match self.sender.try_send(answer) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Ended(error)) => return Err(error.into()),
            Err(TrySendError::Full(answer)) => answer,
        };
        let answer = match self.receiver.try_recv() {
            Ok(other) if other.is_after(&answer) => other,
            _ => answer,
        };
        self.sender.send_with_patience(answer, patience)
    }
}
