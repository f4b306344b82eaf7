//! `aqueduct recv`: a stream into a file or the standard output.

use std::mem::ManuallyDrop;
use std::sync::PoisonError;

use aqueduct::link::{End, Ended, RecvTimeoutError, Role, bytes};
use aqueduct::open::Receiver;
use aqueduct::place::header::Kind;

use super::args::Transfer;
use super::failure::Failure;
use super::files::Output;
use super::interrupt::Ending;
use super::progress::Progress;
use super::session::{Session, chunk};

/// Receives, until the sender has ended.
pub(super) fn run(args: &Transfer) -> Result<(), Failure> {
    let ending = Ending::watch()?;
    let mut output = Output::open(args.file(), ending.fresh.clone())?;
    if args.resume {
        output.must_be_regular()?;
    }
    let given = ending.session.lock();
    let mut given = given.unwrap_or_else(PoisonError::into_inner);
    let attached = args.options().byte_receiver(&args.name, Kind::Bytes);
    let receiver = attached.inspect_err(|_| output.abandon())?;
    // Only a goodbye drops it: to go in any other way is a death.
    let mut receiver = ManuallyDrop::new(receiver);
    let (position, object) = (receiver.position().count(), receiver.end().object());
    let visible = !args.quiet && !output.is_terminal();
    let progress = Progress::begin(visible, position, None, Role::Receiver, object);
    let session = Session::new(Role::Receiver, object, args.resume, args.timeout, progress);
    *given = Some(session.clone());
    drop(given);
    let ready = if args.resume {
        output.seek(position, &args.name)
    } else {
        output.cut(0)
    };
    let outcome = ready.and_then(|()| write_all(&mut receiver, &session, &mut output, args.resume));
    match outcome {
        Ok(()) => {
            session.remove_name();
            drop(ManuallyDrop::into_inner(receiver));
            session.progress.finish("received");
            Ok(())
        }
        Err(failure) => {
            session.give_up();
            output.abandon();
            if matches!(failure, Failure::OutputClosed) {
                drop(ManuallyDrop::into_inner(receiver));
            }
            Err(failure)
        }
    }
}

/// Writes the stream to `output`, which in the end is as long as the stream.
fn write_all(
    receiver: &mut Receiver<u8>,
    session: &Session,
    output: &mut Output,
    resume: bool,
) -> Result<(), Failure> {
    let mut begins = resume;
    let mut position = receiver.position().count();
    pump(receiver, session, |bytes| {
        if begins {
            // What a file had behind the stream goes once the stream goes on, and not before.
            output.cut(position)?;
            begins = false;
        }
        output.write(bytes)
    })?;
    position = receiver.position().count();
    output.cut(position)
}

/// Hands what comes to `write`, and releases as much as it says, until the sender has ended.
pub(super) fn pump(
    receiver: &mut Receiver<u8>,
    session: &Session,
    mut write: impl FnMut(&[u8]) -> Result<usize, Failure>,
) -> Result<(), Failure> {
    let most = chunk(receiver.end().capacity());
    loop {
        match bytes::recv_with(receiver, most, session.patience(), &mut write) {
            Ok(Ok(_)) => session.progress.at(receiver.position().count()),
            Ok(Err(failure)) => return Err(failure),
            Err(RecvTimeoutError::TimedOut) => return Err(session.timed_out()),
            Err(RecvTimeoutError::Ended(Ended::Closed)) => return Ok(()),
            Err(RecvTimeoutError::Ended(why)) => {
                session.ended(why, receiver.position().count())?;
                // One that came and went is seen at the next try.
                if receiver.wait_for_sender(session.patience()) == Err(RecvTimeoutError::TimedOut) {
                    return Err(session.timed_out());
                }
            }
        }
    }
}
