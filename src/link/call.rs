//! Request and reply, over two mailboxes: a call is a question with a number, and the answer to it
//! has the same one.
//!
//! ```text
//!     Client --- question, number ---> | server's mailbox | ---> its receiver
//!     Client <--- | reply box, for one | <------ answer, number --- ReplyBox
//! ```
//!
//! The number is the *correlation identifier* of Hohpe and Woolf, *Enterprise Integration Patterns*,
//! Request-Reply. The client waits for the answer, and for the end of the mailbox that it asked in. What
//! it gave up may be answered all the same: such an answer makes room for a later one, and is passed over.
//!
//! ```
//! use aqueduct::link::call::{Client, Letter, ReplyBox};
//! use aqueduct::link::mailbox::Capacity;
//! use aqueduct::link::mailbox::local::channel;
//! use aqueduct::platform::native::Native;
//! use aqueduct::wait::Patience;
//!
//! struct Square {
//!     call: u64,
//!     number: u32,
//! }
//!
//! impl Letter for Square {
//!     fn number(&self) -> u64 {
//!         self.call
//!     }
//! }
//!
//! let (asking, questions) = channel::<Native, Square>(Capacity::Bounded(8))?;
//! let (answering, answers) = channel(Capacity::Bounded(1))?;
//! let mut client = Client::new(asking, answers.clone(), 0);
//! let mut reply_box = ReplyBox::new(answering, answers);
//! let serving = std::thread::spawn(move || {
//!     let Square { call, number } = questions.recv().unwrap();
//!     let answer = Square { call, number: number * number };
//!     reply_box.answer(answer, Patience::FOREVER).is_ok()
//! });
//! let answer = client.call(|call| Square { call, number: 7 }, Patience::FOREVER);
//! assert_eq!(answer.map(|answer| answer.number).ok(), Some(49));
//! # serving.join().unwrap();
//! # Ok::<(), aqueduct::position::CapacityError>(())
//! ```

use thiserror::Error;

use super::mailbox::{Hold, Receiver, Sender};
use super::select::{Few, Select, Selectable, map};
use super::{Ended, SendTimeoutError, TrySendError};
use crate::wait::{Patience, TimedOut};

/// What goes from one to the other.
pub trait Letter {
    /// The number of the call that it belongs to.
    fn number(&self) -> u64;
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
    /// It was sent, and the server has closed its mailbox, or died; it may have read the question. Or
    /// the client's own box is broken.
    #[error("the server went before it answered: {0}")]
    Gone(Ended),
}

impl<Q> CallError<Q> {
    /// The same, with what `f` makes of the question.
    pub fn map<U>(self, f: impl FnOnce(Q) -> U) -> CallError<U> {
        match self {
            Self::NotAsked(error) => CallError::NotAsked(error.map(f)),
            Self::Unanswered => CallError::Unanswered,
            Self::Gone(why) => CallError::Gone(why),
        }
    }
}

/// The side that asks one question after another, in a mailbox `Q`, and has the answers in one, `A`.
pub struct Client<Q: Hold, A: Hold> {
    questions: Sender<Q>,
    answers: Receiver<A>,
    /// The number of the last call.
    number: u64,
}

impl<Q, A> Client<Q, A>
where
    Q: Hold,
    A: Hold<Platform = Q::Platform, Message: Letter>,
{
    /// Asks in this mailbox, and has its answers in that one, which is its own. Calls are numbered
    /// from `number` on: behind those of who had such a box before.
    pub fn new(questions: Sender<Q>, answers: Receiver<A>, number: u64) -> Self {
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
    ) -> Result<A::Message, CallError<Q::Message>> {
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
    fn next_letter(&mut self, patience: Patience) -> Result<Result<A::Message, Ended>, TimedOut> {
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

/// The box of a client, as its one server has it: to put an answer in, and to take an older one out.
pub struct ReplyBox<A: Hold> {
    sender: Sender<A>,
    receiver: Receiver<A>,
    /// The call whose answer was put in last.
    last: Option<u64>,
}

impl<A: Hold<Message: Letter>> ReplyBox<A> {
    /// Both ends of a mailbox for one answer.
    pub fn new(sender: Sender<A>, receiver: Receiver<A>) -> Self {
        Self {
            sender,
            receiver,
            last: None,
        }
    }

    /// Whether the client is gone, if it owns the mailbox. Between threads a mailbox has no owner, and
    /// this end of it keeps it open.
    pub fn is_ended(&self) -> bool {
        self.sender.is_ended()
    }

    /// Puts an answer in. An older one makes room for it; one to an older call than the last is thrown
    /// away, for the client has given that up.
    ///
    /// # Errors
    /// The answer, if the client [is gone](Self::is_ended), or stands still in the middle of taking an
    /// older one for as long as `patience` lasts.
    pub fn answer(
        &mut self,
        answer: A::Message,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<A::Message>> {
        let number = answer.number();
        if self.last.is_some_and(|last| !is_after(number, last)) {
            return Ok(());
        }
        match self.sender.try_send(answer) {
            Ok(()) => {}
            Err(TrySendError::Ended(error)) => return Err(error.into()),
            Err(TrySendError::Full(answer)) => {
                // If there is none, the client is taking it.
                let _older = self.receiver.try_recv();
                self.sender.send_with_patience(answer, patience)?;
            }
        }
        self.last = Some(number);
        Ok(())
    }
}

/// Whether a call is later than the other one; numbers begin again behind the last.
fn is_after(call: u64, other: u64) -> bool {
    call.wrapping_sub(other).cast_signed() > 0
}
