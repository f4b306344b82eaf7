//! What a receiver of the demo tells, a line each.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something that a receiver saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The sender died: when that was learned, on the monotonic clock, and after how many bytes.
    Died(Duration, u64),
    /// The stream ended: how long it took, how many bytes came, and whether they were right.
    Ended(Duration, u64, bool),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Died(when, position) => write!(f, "died {} {position}", when.as_nanos()),
            Self::Ended(took, received, same) => {
                write!(f, "ended {} {received} {same}", took.as_nanos())
            }
        }
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split(' ').collect();
        let parsed = match words[..] {
            ["died", when, position] => nanos(when)
                .zip(position.parse().ok())
                .map(|(when, position)| Self::Died(when, position)),
            ["ended", took, received, same] => nanos(took)
                .zip(received.parse().ok())
                .zip(same.parse().ok())
                .map(|((took, received), same)| Self::Ended(took, received, same)),
            _ => None,
        };
        parsed.ok_or_else(|| format!("a receiver said {line:?}"))
    }
}

fn nanos(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        let events = [
            Event::Died(Duration::from_nanos(17), 4),
            Event::Ended(Duration::from_secs(2), 9, true),
        ];
        for event in events {
            assert_eq!(event.to_string().parse(), Ok(event));
        }
        assert!("died 1".parse::<Event>().is_err());
    }
}
