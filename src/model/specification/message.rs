//! The words of the structures that pass messages.

/// What the two sides of a structure ask of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call<T> {
    /// To put a message in.
    Push(T),
    /// To put in as many of these messages as there is room for, as a whole.
    PushAll(Vec<T>),
    /// To take a message out.
    Pop,
    /// To take out as many messages as there are, so many at the most.
    PopAll(usize),
    /// A side says goodbye.
    Close(Side),
    /// The process that holds a side is killed.
    Die(Side),
    /// A process takes the place of the last holder of a side.
    Follow(Side),
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer<T> {
    /// Done.
    Done,
    /// A message.
    Message(T),
    /// So many messages were put in.
    Count(usize),
    /// These messages came out.
    Messages(Vec<T>),
    /// There is no room.
    Full,
    /// There is no message.
    Empty,
    /// Another call has to end first.
    Busy,
    /// The other side said goodbye.
    Closed,
    /// The other side was killed.
    Dead,
}

/// One side of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The side that puts messages in.
    Producer,
    /// The side that takes them out.
    Consumer,
}

/// What became of the holder of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum End {
    /// It may act, or is still to come.
    #[default]
    Open,
    /// It said goodbye.
    Closed,
    /// It was killed.
    Dead,
}

impl End {
    /// What the other side is told; `None` if it may still wait for this one.
    #[must_use]
    pub fn answer<T>(self) -> Option<Answer<T>> {
        match self {
            End::Open => None,
            End::Closed => Some(Answer::Closed),
            End::Dead => Some(Answer::Dead),
        }
    }
}

/// What became of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Ends([End; 2]);

impl Ends {
    pub(super) fn of(&self, side: Side) -> End {
        self.0[side as usize]
    }

    /// Whether `call` is one of a side's life, which then has happened.
    pub(super) fn change<T>(&mut self, call: &Call<T>) -> bool {
        let (Call::Close(side) | Call::Die(side) | Call::Follow(side)) = call else {
            return false;
        };
        let end = &mut self.0[*side as usize];
        *end = match (call, *end) {
            // Who dies after a goodbye has said it.
            (Call::Close(_), _) | (Call::Die(_), End::Closed) => End::Closed,
            (Call::Die(_), _) => End::Dead,
            _ => End::Open,
        };
        true
    }
}
