//! What the links of the scripts carry: numbers, in four shapes.

use aqueduct::link::records::{self, SendRecordError};
use aqueduct::link::{Ended, RecvTimeoutError, SendTimeoutError};
use aqueduct::open::{AttachError, Options, Plain, Receiver, Sender};
use aqueduct::place::Schema;
use aqueduct::place::header::Kind;
use aqueduct::shm::Name;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::link::AT_ONCE;

/// Why a number did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No room, or nothing there.
    NotNow,
    /// It never fits.
    TooLong,
    /// The peer has ended, or the link is corrupt.
    Ended(Ended),
}

impl<T> From<SendTimeoutError<T>> for Refused {
    fn from(error: SendTimeoutError<T>) -> Self {
        match error {
            SendTimeoutError::TimedOut(_) => Self::NotNow,
            SendTimeoutError::Ended(error) => Self::Ended(error.why),
        }
    }
}

impl From<RecvTimeoutError> for Refused {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::TimedOut => Self::NotNow,
            RecvTimeoutError::Ended(why) => Self::Ended(why),
        }
    }
}

/// A way to send numbers.
pub trait Wire {
    /// What lies in a slot.
    type Message: Plain;

    /// What comes out when this number goes in.
    fn carried(number: u64) -> u64 {
        number
    }

    /// How many slots the number takes.
    fn cost(_number: u64) -> usize {
        1
    }

    fn sender(options: &Options, name: &Name) -> Result<Sender<Self::Message>, AttachError> {
        options.sender(name)
    }

    fn receiver(options: &Options, name: &Name) -> Result<Receiver<Self::Message>, AttachError> {
        options.receiver(name)
    }

    fn send(sender: &mut Sender<Self::Message>, number: u64) -> Result<(), Refused>;
    fn receive(receiver: &mut Receiver<Self::Message>) -> Result<u64, Refused>;
}

pub struct Numbers;

impl Wire for Numbers {
    type Message = u64;

    fn send(sender: &mut Sender<u64>, number: u64) -> Result<(), Refused> {
        Ok(sender.send_with_patience(number, AT_ONCE)?)
    }

    fn receive(receiver: &mut Receiver<u64>) -> Result<u64, Refused> {
        Ok(receiver.recv_with_patience(AT_ONCE)?)
    }
}

/// Plain data.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Schema,
)]
#[repr(C)]
pub struct Structure {
    number: u64,
    halves: [u32; 2],
    bytes: [u8; 8],
}

impl Structure {
    pub fn of(number: u64) -> Self {
        let (low, high) = (number & u64::from(u32::MAX), number >> 32);
        Self {
            number,
            halves: [low, high].map(|half| u32::try_from(half).expect("a half")),
            bytes: number.to_ne_bytes(),
        }
    }

    /// The number, if every part still says the same.
    pub fn number(&self) -> Option<u64> {
        (*self == Self::of(self.number)).then_some(self.number)
    }
}

pub struct Structures;

impl Wire for Structures {
    type Message = Structure;

    fn send(sender: &mut Sender<Structure>, number: u64) -> Result<(), Refused> {
        Ok(sender.send_with_patience(Structure::of(number), AT_ONCE)?)
    }

    fn receive(receiver: &mut Receiver<Structure>) -> Result<u64, Refused> {
        let structure = receiver.recv_with_patience(AT_ONCE)?;
        Ok(structure.number().expect("the parts belong together"))
    }
}

pub struct Bytes;

impl Wire for Bytes {
    type Message = u8;

    fn carried(number: u64) -> u64 {
        number % 251
    }

    fn sender(options: &Options, name: &Name) -> Result<Sender<u8>, AttachError> {
        options.byte_sender(name, Kind::Bytes)
    }

    fn receiver(options: &Options, name: &Name) -> Result<Receiver<u8>, AttachError> {
        options.byte_receiver(name, Kind::Bytes)
    }

    fn send(sender: &mut Sender<u8>, number: u64) -> Result<(), Refused> {
        let byte = u8::try_from(Self::carried(number)).expect("below 251");
        Ok(sender.send_with_patience(byte, AT_ONCE)?)
    }

    fn receive(receiver: &mut Receiver<u8>) -> Result<u64, Refused> {
        Ok(receiver.recv_with_patience(AT_ONCE)?.into())
    }
}

pub struct Records;

impl Records {
    /// Eight bytes, and as many more as the number says.
    fn record(number: u64) -> Vec<u8> {
        let mut record = number.to_ne_bytes().to_vec();
        record.resize(Self::cost(number) - size_of::<u32>(), 0xff);
        record
    }
}

impl Wire for Records {
    type Message = u8;

    fn cost(number: u64) -> usize {
        size_of::<u32>() + 8 + usize::try_from(number % 5).expect("below 5")
    }

    fn sender(options: &Options, name: &Name) -> Result<Sender<u8>, AttachError> {
        options.byte_sender(name, Kind::Records)
    }

    fn receiver(options: &Options, name: &Name) -> Result<Receiver<u8>, AttachError> {
        options.byte_receiver(name, Kind::Records)
    }

    fn send(sender: &mut Sender<u8>, number: u64) -> Result<(), Refused> {
        match records::send(sender, &Self::record(number), AT_ONCE) {
            Ok(()) => Ok(()),
            Err(SendRecordError::TooLong { .. }) => Err(Refused::TooLong),
            Err(SendRecordError::Link(error)) => Err(error.into()),
        }
    }

    fn receive(receiver: &mut Receiver<u8>) -> Result<u64, Refused> {
        let mut record = Vec::new();
        records::recv(receiver, &mut record, AT_ONCE)?;
        let number = record.first_chunk().expect("at least eight bytes");
        let number = u64::from_ne_bytes(*number);
        assert_eq!(record, Self::record(number), "a whole record");
        Ok(number)
    }
}
