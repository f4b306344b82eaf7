//! Half duplex: both ways, and one talks at a time.
//!
//! ```text
//!     Talking ---- words, "over" ---> Listening
//!     Listening <--- words, "over" --- Talking
//! ```
//!
//! Who talks writes; with [`over`](Talking::over) it listens. Who listens reads up to the end of the
//! turn; then it may [talk](Listening::talk). The types keep the turns: who listens cannot write.
//!
//! On the way each write is a frame, its length in two bytes before it; a frame of no bytes is "over".
//! The channel has to wait: of one that gives up in between, the frames are lost.

use std::io::{self, Read, Write};

/// The longest frame, with its length no more than a pipe writes at once.
const LONGEST: usize = super::ATOMIC - LENGTH;
/// The bytes of a length.
const LENGTH: usize = 2;

/// The end whose turn it is.
#[derive(Debug)]
pub struct Talking<D>(D);

/// The end that waits for its turn.
#[derive(Debug)]
pub struct Listening<D> {
    channel: D,
    /// How much of the frame that is being read is left.
    left: usize,
    is_over: bool,
}

impl<D: Read + Write> Talking<D> {
    /// The end of a channel that talks first; the other one listens.
    pub fn new(channel: D) -> Self {
        Self(channel)
    }

    /// It is the other one's turn.
    ///
    /// # Errors
    /// The channel's.
    pub fn over(mut self) -> io::Result<Listening<D>> {
        self.0.write_all(&[0; LENGTH])?;
        self.0.flush()?;
        Ok(Listening::new(self.0))
    }
}

impl<D: Read + Write> Listening<D> {
    /// The end of a channel that listens first; the other one talks.
    pub fn new(channel: D) -> Self {
        let (left, is_over) = (0, false);
        Self {
            channel,
            left,
            is_over,
        }
    }

    /// Takes the turn, if the other one has said "over" and all before that was read.
    ///
    /// # Errors
    /// This end, which listens, if it has not.
    pub fn talk(self) -> Result<Talking<D>, Self> {
        if self.is_over {
            Ok(Talking(self.channel))
        } else {
            Err(self)
        }
    }
}

impl<D: Write> Write for Talking<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(LONGEST)];
        if bytes.is_empty() {
            return Ok(0); // it would say "over"
        }
        let length = u16::try_from(bytes.len()).expect("a frame is short");
        let mut frame = Vec::with_capacity(LENGTH + bytes.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(bytes);
        self.0.write_all(&frame)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<D: Read> Read for Listening<D> {
    /// 0 at the end of the turn. `UnexpectedEof` if the channel ends within one.
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() || self.is_over {
            return Ok(0);
        }
        if self.left == 0 {
            let mut length = [0; LENGTH];
            self.channel.read_exact(&mut length)?;
            self.left = usize::from(u16::from_le_bytes(length));
            self.is_over = self.left == 0;
        }
        if self.is_over {
            return Ok(0); // a socket may wait even for no bytes
        }
        let most = self.left.min(bytes.len());
        let read = self.channel.read(&mut bytes[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        Ok(read)
    }
}
