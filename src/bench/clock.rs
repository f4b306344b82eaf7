//! Takes the times within a sample.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::spread::Spread;

/// A lap lasts as long as this at the least, so that looking at the clock costs next to nothing,
const LAP: Duration = Duration::from_micros(20);
/// or has so many messages.
const MOST: u64 = 1024;

/// How long a window is: longer than a full buffer takes to drain, for whoever is fast, and shorter than
/// what else a machine does now and then. Whoever loses a processor to another guest loses whole windows.
const WINDOW: Duration = Duration::from_millis(1);

/// Counts messages and takes the time of laps of them, and of windows of laps. The first part of a
/// sample warms up.
pub(super) struct Clock {
    warm: Instant,
    end: Instant,
    last: Instant,
    /// Messages of the next lap.
    lap: u64,
    /// Of all that counted: messages and time.
    all: (u64, Duration),
    /// Of the window that is open.
    open: (u64, Duration),
    /// Nanoseconds a message, of each window.
    windows: Vec<f64>,
    /// Picoseconds a message, of each lap; or of messages by themselves, if there are such.
    laps: Histogram<u64>,
    has_singles: bool,
}

impl Clock {
    /// Starts now, and counts for `length` after a fifth as much.
    pub fn start(length: Duration) -> Self {
        let now = Instant::now();
        let warm = now + length / 5;
        Self {
            warm,
            end: warm + length,
            last: now,
            lap: 1,
            all: (0, Duration::ZERO),
            open: (0, Duration::ZERO),
            windows: Vec::new(),
            laps: Histogram::new(3).expect("3 digits are few"),
            has_singles: false,
        }
    }

    /// How many messages the next lap has.
    pub fn lap(&self) -> u64 {
        self.lap
    }

    /// A lap of so many messages is over. Whether there is time for another; there is until one was counted.
    pub fn tick(&mut self, messages: u64) -> bool {
        let now = Instant::now();
        let taken = now - self.last;
        if self.last >= self.warm {
            if !self.has_singles {
                self.note(taken, messages);
            }
            add(&mut self.all, messages, taken);
            add(&mut self.open, messages, taken);
            if self.open.1 >= WINDOW {
                self.windows.push(each(self.open));
                self.open = (0, Duration::ZERO);
            }
        } else if taken < LAP && self.lap < MOST {
            self.lap *= 2;
        }
        self.last = now;
        now < self.end || self.all.0 == 0
    }

    /// One message by itself: for the percentiles alone, as looking at the clock is a part of its time.
    pub fn single(&mut self) {
        let now = Instant::now();
        if self.last >= self.warm {
            if !self.has_singles {
                self.laps.reset();
                self.has_singles = true;
            }
            self.note(now - self.last, 1);
        }
        self.last = now;
    }

    fn note(&mut self, taken: Duration, messages: u64) {
        let picoseconds = taken.as_nanos() * 1000 / u128::from(messages.max(1));
        let recorded = self.laps.record(picoseconds.try_into().unwrap_or(u64::MAX));
        recorded.expect("it grows as it has to");
    }

    /// Messages that counted.
    pub fn counted(&self) -> u64 {
        self.all.0
    }

    /// Nanoseconds a message, of all that counted.
    pub fn mean(&self) -> f64 {
        each(self.all)
    }

    /// Nanoseconds a message, in the median of the windows.
    pub fn median(&self) -> f64 {
        let windows = Spread::of(self.windows.iter().copied());
        windows.map_or_else(|| self.mean(), |windows| windows.median())
    }

    /// Nanoseconds that so many of a hundred laps, or messages by themselves, do not exceed.
    pub fn percentile(&self, percent: f64) -> f64 {
        self.laps.value_at_percentile(percent) as f64 / 1000.0
    }
}

fn add(to: &mut (u64, Duration), messages: u64, taken: Duration) {
    to.0 += messages;
    to.1 += taken;
}

/// Nanoseconds a message.
fn each((messages, taken): (u64, Duration)) -> f64 {
    taken.as_nanos() as f64 / messages as f64
}
