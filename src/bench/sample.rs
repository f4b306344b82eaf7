//! What came of a sample.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Clock;

/// What one process measured of one contestant. Times in nanoseconds, by the
/// [unit](super::Course::unit) of the course.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// The median over windows of a millisecond; of many threads, the mean.
    pub time: f64,
    /// The mean of all that was counted, also of what the machine did meanwhile.
    pub mean: f64,
    /// What half of the messages, or of the laps of a stream, did not exceed, 99 of a hundred, and
    /// 999 of a thousand; of many threads it is not known.
    pub percentiles: Option<[f64; 3]>,
    /// Messages that were counted.
    pub count: u64,
    /// Processors that both sides used together, on the average.
    pub processors: f64,
    /// A round trip of a cache line that the same two sides bounced raw, before and afterwards, on the
    /// average; where there are two sides, on two processors.
    pub line: Option<f64>,
}

impl Sample {
    /// The same, of sides that used so many processors together.
    pub(super) fn with_processors(self, processors: f64) -> Self {
        Self { processors, ..self }
    }

    /// So many messages in `lasted`.
    pub(super) fn of_many(count: u64, lasted: Duration) -> Self {
        Self::of_mean(count, lasted.as_nanos() as f64 / count as f64)
    }

    /// So many of something that took `mean` each.
    pub(super) fn of_mean(count: u64, mean: f64) -> Self {
        Self {
            time: mean,
            mean,
            percentiles: None,
            count,
            processors: 0.0,
            line: None,
        }
    }
}

impl From<Clock> for Sample {
    fn from(clock: Clock) -> Self {
        let percentiles = [50.0, 99.0, 99.9].map(|percent| clock.percentile(percent));
        Self {
            time: clock.median(),
            percentiles: Some(percentiles),
            ..Self::of_mean(clock.counted(), clock.mean())
        }
    }
}
