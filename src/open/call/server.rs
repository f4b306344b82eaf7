//! The side that answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::time::Duration;

use super::letter::{Letter, REPLY_BOX};
use crate::link::call::{Letter as _, ReplyBox};
use crate::link::mailbox::Capacity;
use crate::link::{Ended, RecvTimeoutError, SendError, SendTimeoutError};
use crate::open::AttachError;
use crate::open::mailbox::{Mailbox, Options, Receiver};
use crate::place::Plain;
use crate::platform::Futex as _;
use crate::platform::native::Native;
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
///     server.answer(&call, square).unwrap();
/// });
/// assert_eq!(client.call(7, Patience::FOREVER), Ok(49));
/// # serving.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server<Q: Plain, R: Plain> {
    questions: Receiver<Letter<Q>>,
    mailbox: Mailbox<Letter<Q>>,
    /// The boxes of clients that were answered before.
    boxes: HashMap<Name, ReplyBox<Mailbox<Letter<R>>>>,
}

/// How long a client is waited for that stands still while it takes an older answer, and for its gate
/// while it attaches to its box.
const FOR_THE_CLIENT: Duration = Duration::from_millis(10);
const FOR_THE_GATE: Duration = Duration::from_millis(1);
/// How soon an answer that could not be given is tried again.
const AGAIN: Duration = Duration::from_millis(10);

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
    /// The answer: [`Ended`](SendTimeoutError::Ended) if the client is gone; `TimedOut` if it stands still in
    /// the middle of taking an older one, or its box cannot be opened now, for want of a descriptor, say,
    /// or of memory. It may be given again, later.
    pub fn answer(&mut self, call: &Call<Q>, answer: R) -> Result<(), SendTimeoutError<R>> {
        self.answer_with_patience(
            call,
            answer,
            Patience::until(Native::now() + FOR_THE_CLIENT),
        )
    }

    fn answer_with_patience(
        &mut self,
        call: &Call<Q>,
        answer: R,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<R>> {
        let gone = |message, why| SendTimeoutError::Ended(SendError { message, why });
        let Some(reply_to) = &call.reply_to else {
            return Err(gone(answer, Ended::Corrupt));
        };
        let mut letter = Letter::answer(call.number, answer);
        // Again, if the box has ended: another client may have one of the same name.
        let mut again = true;
        loop {
            let reply_box = match self.box_of(reply_to) {
                Ok(reply_box) => reply_box,
                Err(Unanswered::Gone(why)) => return Err(gone(letter.message, why)),
                Err(Unanswered::NotNow) => return Err(SendTimeoutError::TimedOut(letter.message)),
            };
            match reply_box.answer(letter, patience) {
                Err(SendTimeoutError::Ended(error)) if again => letter = error.message,
                came_to => return came_to.map_err(|error| error.map(|letter| letter.message)),
            }
            self.boxes.remove(reply_to);
            again = false;
        }
    }

    /// Answers each question by `f` until the mailbox is closed. An answer that cannot be given at once
    /// is given later, and keeps no other client waiting.
    pub fn serve(&mut self, mut f: impl FnMut(&Q) -> R) {
        let mut late: Vec<(Call<Q>, R)> = Vec::new();
        // When the late ones are tried again.
        let mut due = Native::now();
        loop {
            let patience = match late.as_slice() {
                [] => Patience::FOREVER,
                _ => Patience::until(due),
            };
            let came = self.next(patience);
            if Native::now() >= due {
                late = late
                    .into_iter()
                    .filter_map(|(call, answer)| self.not_yet(call, answer, Duration::ZERO))
                    .collect();
                due = Native::now() + AGAIN;
            }
            match came {
                Ok(call) => {
                    // Who asks again has given up what it asked before.
                    late.retain(|(earlier, _)| earlier.reply_to != call.reply_to);
                    let answer = f(call.question());
                    late.extend(self.not_yet(call, answer, FOR_THE_CLIENT));
                }
                Err(RecvTimeoutError::TimedOut) => {}
                Err(RecvTimeoutError::Ended(_)) => return,
            }
        }
    }

    /// Gives an answer, or gives it back if it has to be tried again. Who is gone needs none.
    fn not_yet(&mut self, call: Call<Q>, answer: R, wait: Duration) -> Option<(Call<Q>, R)> {
        let patience = Patience::until(Native::now() + wait);
        match self.answer_with_patience(&call, answer, patience) {
            Err(SendTimeoutError::TimedOut(answer)) => Some((call, answer)),
            Ok(()) | Err(SendTimeoutError::Ended(_)) => None,
        }
    }

    /// The mailbox of the server: to close it, or to remove its name.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox<impl Plain + use<Q, R>> {
        &self.mailbox
    }

    /// This box, opened if it was not yet.
    fn box_of(&mut self, name: &Name) -> Result<&mut ReplyBox<Mailbox<Letter<R>>>, Unanswered> {
        // Those are forgotten that are gone: a name may come again.
        self.boxes.retain(|_, reply_box| !reply_box.is_ended());
        match self.boxes.entry(name.clone()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let options = Options::new()
                    .timeout(Some(FOR_THE_GATE))
                    .capacity(REPLY_BOX);
                let opened = options.open(name).map_err(|error| match error {
                    AttachError::OwnerGone { why, .. } => Unanswered::Gone(why),
                    error if error.is_for_now() => Unanswered::NotNow,
                    _ => Unanswered::Gone(Ended::Closed),
                })?;
                Ok(place.insert(ReplyBox::new(opened.sender(), opened.receiver())))
            }
        }
    }
}

/// Why there is no box to put an answer in.
enum Unanswered {
    Gone(Ended),
    NotNow,
}

impl<Q: Plain, R: Plain> fmt::Debug for Server<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("mailbox", &self.mailbox)
            .field("boxes", &self.boxes.len())
            .finish_non_exhaustive()
    }
}
