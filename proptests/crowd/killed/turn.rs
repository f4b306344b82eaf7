//! A side of a buffer that one has at a time, among processes that are killed: whoever holds the
//! lock of its seat, which the kernel frees when its holder is gone.

use std::sync::Arc;

use aqueduct::buffer::PushError;
use aqueduct::shm::{Byte, Guard, Name, Object, Uid};

use super::{NOTHING, Tried};
use crate::crowd::Message;

/// How often a side is used before another process may have it.
const USES: u32 = 200;

/// The turns of this process at one side, for which `attach` makes the side.
pub struct Turns<S, A> {
    object: Arc<Object>,
    seat: Byte,
    attach: A,
    turn: Option<Turn<S>>,
}

struct Turn<S> {
    side: S,
    left: u32,
    /// Behind the side, so that the side is gone before the seat is free.
    _seat: Guard,
}

/// The object whose bytes are the seats, for a process of its own.
pub fn seats(name: Name) -> Arc<Object> {
    Arc::new(Object::open(name, Uid::effective()).expect("it has its name"))
}

impl<S, A: Fn() -> S> Turns<S, A> {
    pub fn new(object: &Arc<Object>, seat: Byte, attach: A) -> Self {
        Self {
            object: Arc::clone(object),
            seat,
            attach,
            turn: None,
        }
    }

    /// The side, if no other process has it.
    pub fn side(&mut self) -> Option<&mut S> {
        if self.turn.as_ref().is_some_and(|turn| turn.left == 0) {
            // Until the next call somebody else may come.
            self.turn = None;
            return None;
        }
        if self.turn.is_none() {
            let seat = self.object.try_lock(self.seat);
            self.turn = seat.expect("the kernel knows such locks").map(|seat| Turn {
                side: (self.attach)(),
                left: USES,
                _seat: seat,
            });
        }
        let turn = self.turn.as_mut()?;
        turn.left -= 1;
        Some(&mut turn.side)
    }

    /// What fills, by `push`.
    pub fn into_pusher(
        mut self,
        push: impl Fn(&mut S, Message) -> Result<(), PushError<Message>>,
    ) -> impl FnMut(Message) -> Tried {
        move |message| match self.side().map(|side| push(side, message)) {
            Some(Ok(())) => Ok(()),
            None | Some(Err(PushError::Full(_))) => NOTHING,
            Some(Err(error)) => panic!("{error}"),
        }
    }
}
