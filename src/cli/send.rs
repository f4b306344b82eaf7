//! `aqueduct send`: a file or the standard input into a stream.

use std::mem::ManuallyDrop;
use std::sync::PoisonError;

use aqueduct::link::{End, Ended, Role, SendTimeoutError, bytes};
use aqueduct::open::{Sender, status};
use aqueduct::place::header::Kind;

use super::args::Transfer;
use super::failure::Failure;
use super::files::Input;
use super::interrupt::{Ending, Interrupt};
use super::progress::Progress;
use super::session::{Session, chunk};

/// Sends, until everything has been received.
pub(super) fn run(args: &Transfer) -> Result<(), Failure> {
    let interrupt = Interrupt::watch()?;
    let ending = Ending::watch()?;
    let mut input = Input::open(args.file())?;
    if args.resume {
        input.must_be_regular()?;
    }
    let given = ending.session.lock();
    let mut given = given.unwrap_or_else(PoisonError::into_inner);
    // Only a goodbye drops it: to go in any other way is a death.
    let sender = args.options().byte_sender(&args.name, Kind::Bytes)?;
    let mut sender = ManuallyDrop::new(sender);
    let (position, object) = (sender.position().count(), sender.end().object());
    let progress = Progress::begin(!args.quiet, position, input.length(), Role::Sender, object);
    let session = Session::new(Role::Sender, object, args.resume, args.timeout, progress);
    *given = Some(session.clone());
    drop(given);
    let sent = if args.resume {
        input.seek(position, &args.name)
    } else {
        Ok(())
    };
    let sent = sent.and_then(|()| pump(&mut sender, &session, |free| input.read(free)));
    // An end of the input that came with the interruption is not the end of the stream.
    interrupt.check();
    match sent {
        Ok(()) => {
            // In this order: a receiver that finds neither a goodbye nor a name takes a kill in
            // between for a stream that was given up.
            drop(ManuallyDrop::into_inner(sender));
            session.remove_name();
            session.progress.finish("sent");
            Ok(())
        }
        Err(failure) => {
            session.give_up();
            Err(failure)
        }
    }
}

/// Sends what `read` gives until it gives nothing more, and waits until that has been received.
pub(super) fn pump(
    sender: &mut Sender<u8>,
    session: &Session,
    mut read: impl FnMut(&mut [u8]) -> Result<usize, Failure>,
) -> Result<(), Failure> {
    let most = chunk(sender.end().capacity());
    loop {
        match bytes::send_with(sender, most, session.patience(), &mut read) {
            Ok(Ok(0)) => break,
            Ok(Ok(_)) => session.progress.at(sender.position().count()),
            Ok(Err(failure)) => return Err(failure),
            // A predecessor was killed right behind its goodbye, and the receiver is content.
            Err(error)
                if session.resume
                    && has_closed(error)
                    && received(sender) == sender.position().count()
                    && read(&mut [0])? == 0 =>
            {
                return Ok(());
            }
            Err(error) => recover(sender, session, error)?,
        }
    }
    wait_for_the_first(sender, session)?;
    let mut received = received(sender);
    loop {
        match sender.wait_until_received(session.patience()) {
            Ok(()) => return Ok(()),
            // A receiver that is slow acts all the same.
            Err(SendTimeoutError::TimedOut(())) if received < self::received(sender) => {
                received = self::received(sender);
            }
            Err(error) => recover(sender, session, error)?,
        }
    }
}

/// Waits for a receiver if none has ever come: there is nobody yet to learn that the stream has
/// ended, empty as it may be.
fn wait_for_the_first(sender: &Sender<u8>, session: &Session) -> Result<(), Failure> {
    match sender.wait_for_first_receiver(session.patience()) {
        Err(SendTimeoutError::TimedOut(())) => Err(session.timed_out()),
        Ok(()) | Err(SendTimeoutError::Ended(_)) => Ok(()),
    }
}

fn has_closed(error: SendTimeoutError<()>) -> bool {
    matches!(error, SendTimeoutError::Ended(error) if error.why == Ended::Closed)
}

/// Waits for another receiver, if that can help.
fn recover(
    sender: &Sender<u8>,
    session: &Session,
    error: SendTimeoutError<()>,
) -> Result<(), Failure> {
    let SendTimeoutError::Ended(error) = error else {
        return Err(session.timed_out());
    };
    session.ended(error.why, received(sender))?;
    match sender.wait_for_receiver(session.patience()) {
        Err(SendTimeoutError::TimedOut(())) => Err(session.timed_out()),
        // One that came and went is seen at the next try.
        Ok(()) | Err(SendTimeoutError::Ended(_)) => Ok(()),
    }
}

/// How much has been received, for who reads it.
fn received(sender: &Sender<u8>) -> u64 {
    let status = status(sender.end().object());
    status.map_or(0, |status| status.map_or(0, |status| status.received))
}
