//! The side that answers.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::letter::Letter;
use crate::link::mailbox::Capacity;
use crate::link::{Ended, RecvTimeoutError, SendError, SendTimeoutError};
use crate::open::AttachError;
use crate::open::mailbox::{Mailbox, Options, Receiver, Sender};
use crate::place::Plain;
use crate::shm::Name;
use crate::wait::Patience;

/// One that gets questions of type `Q` and gives answers of type `R`.
///
/// ```
/// use aqueduct::link::mailbox::Capacity;
/// use aqueduct::open::call::{Client, Server};
/// use aqueduct::shm::Name;
/// use aqueduct::wait::Patience;
///
/// let name = Name::parse(format!("doc-call-{}", std::process::id()))?;
/// let mut server = Server::<u64, u64>::create(&name, Capacity::Bounded(8))?;
/// let mut client = Client::<u64, u64>::new(&name)?;
/// let serving = std::thread::spawn(move || {
///     let call = server.next(Patience::FOREVER).unwrap();
///     let square = call.question() * call.question();
///     server.answer(call, square).unwrap();
/// });
/// assert_eq!(client.call(7, Patience::FOREVER), Ok(49));
/// # serving.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server<Q: Plain, R: Plain> {
    questions: Receiver<Letter<Q>>,
    mailbox: Mailbox<Letter<Q>>,
    /// The boxes of clients that were answered before.
    boxes: HashMap<Name, ReplyBox<R>>,
}

/// The box of a client: for an answer, and to take an older one out.
struct ReplyBox<R: Plain> {
    sender: Sender<Letter<R>>,
    receiver: Receiver<Letter<R>>,
}

/// How often, and for how long, a client is waited for that is taking an older answer.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(1);

/// A question that waits for its answer.
#[must_use = "the client waits for an answer"]
pub struct Call<Q> {
    question: Q,
    number: u64,
    reply_to: Option<Name>,
}

impl<Q> Call<Q> {
    /// What was asked.
    pub fn question(&self) -> &Q {
        &self.question
    }
}

impl<Q: Plain, R: Plain> Server<Q, R> {
    /// Makes the mailbox that questions go to, for so many at a time.
    ///
    /// # Errors
    /// [`AttachError`]: there is a server of this name, among others.
    pub fn create(name: &Name, capacity: Capacity) -> Result<Self, AttachError> {
        let mailbox = Options::new().capacity(capacity).create(name)?;
        Ok(Self {
            questions: mailbox.receiver(),
            mailbox,
            boxes: HashMap::new(),
        })
    }

    /// Waits for a question with `patience`.
    ///
    /// # Errors
    /// [`RecvTimeoutError`]; it does not end by itself, as other clients may come.
    pub fn next(&mut self, patience: Patience) -> Result<Call<Q>, RecvTimeoutError> {
        let letter = self.questions.recv_with_patience(patience)?;
        Ok(Call {
            question: letter.message,
            number: letter.number(),
            reply_to: letter.reply_to(),
        })
    }

    /// Answers a question. The box of the client holds one answer: an older one, to a call that was
    /// given up, makes room for this one.
    ///
    /// # Errors
    /// The answer: [`Ended`](SendTimeoutError::Ended) if the client is gone, or its box cannot be opened;
    /// `TimedOut` if it stands still in the middle of taking an older one.
    pub fn answer(&mut self, call: Call<Q>, answer: R) -> Result<(), SendTimeoutError<R>> {
        let gone = |message, why| SendTimeoutError::Ended(SendError { message, why });
        let Some(reply_to) = call.reply_to else {
            return Err(gone(answer, Ended::Corrupt));
        };
        let mut letter = Letter::answer(call.number, answer);
        for _ in 0..TRIES {
            // Opened each time, if it has ended: another client may have one of the same name.
            let reply_box = match self.box_of(&reply_to) {
                Ok(reply_box) => reply_box,
                Err(why) => return Err(gone(letter.message, why)),
            };
            match reply_box.sender.send_timeout(letter, PAUSE) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::TimedOut(back)) => letter = back,
                Err(SendTimeoutError::Ended(error)) => {
                    letter = error.message;
                    continue;
                }
            }
            // A client asks one question at a time: of two answers it waits for the later one's.
            if let Ok(other) = reply_box.receiver.try_recv()
                && other.is_after(&letter)
            {
                letter = other;
            }
        }
        Err(SendTimeoutError::TimedOut(letter.message))
    }

    /// Answers each question by `f` until the mailbox is closed.
    pub fn serve(&mut self, mut f: impl FnMut(&Q) -> R) {
        while let Ok(call) = self.next(Patience::FOREVER) {
            let answer = f(call.question());
            // Who is gone needs no answer.
            let _ = self.answer(call, answer);
        }
    }

    /// The mailbox of the server: to close it, or to remove its name.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox<impl Plain + use<Q, R>> {
        &self.mailbox
    }

    /// This box, opened if it was not yet.
    fn box_of(&mut self, name: &Name) -> Result<&ReplyBox<R>, Ended> {
        // Those are forgotten that are gone: a name may come again.
        self.boxes
            .retain(|_, reply_box| !reply_box.sender.is_ended());
        if !self.boxes.contains_key(name) {
            // Who stands still while it attaches to its box stops nobody else.
            let options = Options::new().timeout(Some(PAUSE));
            let opened = options.open::<Letter<R>>(name);
            let opened = opened.map_err(|error| match error {
                AttachError::OwnerGone { why, .. } => why,
                _ => Ended::Closed,
            })?;
            let reply_box = ReplyBox {
                sender: opened.sender(),
                receiver: opened.receiver(),
            };
            self.boxes.insert(name.clone(), reply_box);
        }
        Ok(&self.boxes[name])
    }
}

impl<Q: Plain, R: Plain> fmt::Debug for Server<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("mailbox", &self.mailbox)
            .field("boxes", &self.boxes.len())
            .finish_non_exhaustive()
    }
}
