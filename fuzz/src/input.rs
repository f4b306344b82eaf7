//! Bytes, taken one after the other.

/// What is left of the bytes.
pub struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// The next number below `end`.
    pub fn below(&mut self, end: usize) -> Option<usize> {
        let number = u16::from_le_bytes([self.byte()?, self.byte().unwrap_or(0)]);
        Some(usize::from(number) % end)
    }

    /// The next word; one that is short is small.
    pub fn word(&mut self) -> Option<u64> {
        let mut word = [0; 8];
        word[0] = self.byte()?;
        for byte in &mut word[1..] {
            *byte = self.byte().unwrap_or(0);
        }
        Some(u64::from_le_bytes(word))
    }

    /// A small number, of either sign.
    pub fn step(&mut self) -> Option<i64> {
        Some(i64::from(self.byte()?.cast_signed()))
    }
}

/// Takes an answer, whichever it is.
pub fn answered<T>(_: T) {}
