//! How numbers that differ are summed up.

use std::fmt;

/// Some numbers, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread(Vec<f64>);

impl Spread {
    /// `None` of no numbers.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        (!sorted.is_empty()).then_some(Self(sorted))
    }

    fn at(&self, quarters: usize) -> f64 {
        self.0[(self.0.len() - 1) * quarters / 4]
    }

    pub fn lowest(&self) -> f64 {
        self.at(0)
    }

    /// A quarter of the numbers is less, or equal.
    pub fn lower(&self) -> f64 {
        self.at(1)
    }

    /// The middle one, or between the two in the middle.
    pub fn median(&self) -> f64 {
        let half = self.0.len() / 2;
        self.0[half].midpoint(self.0[(self.0.len() - 1) / 2])
    }

    /// A quarter of the numbers is more, or equal.
    pub fn upper(&self) -> f64 {
        self.at(3)
    }

    pub fn highest(&self) -> f64 {
        self.at(4)
    }

    /// Whether `number` lies in the middle half: what is measured cannot be told from it.
    pub fn has(&self, number: f64) -> bool {
        (self.lower()..=self.upper()).contains(&number)
    }
}

/// The median, and the middle half of the numbers: `230 (209 to 248)`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lower, median, upper] = [self.lower(), self.median(), self.upper()].map(Digits);
        write!(f, "{median} ({lower} to {upper})")
    }
}

/// A number with three digits, and no more behind the point than that takes.
pub struct Digits(pub f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        let behind = match number.abs() {
            0.0..1.0 => 3,
            1.0..10.0 => 2,
            10.0..100.0 => 1,
            _ => 0,
        };
        write!(f, "{number:.behind$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles() {
        let spread = Spread::of([5.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
        let ends = format!("{} to {}", spread.lowest(), spread.highest());
        assert_eq!(ends, "1 to 5");
        assert_eq!(spread.to_string(), "3.00 (2.00 to 4.00)");
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn what_lies_in_the_middle_half_cannot_be_told_apart() {
        let spread = Spread::of([0.5, 0.9, 1.2, 1.3, 9.0]).unwrap();
        assert!(spread.has(1.0) && spread.has(0.9) && spread.has(1.3));
        assert!(!spread.has(0.8) && !spread.has(1.4));
    }

    #[test]
    fn three_digits() {
        let numbers =
            [0.04567, 4.567, 45.67, 456.7, 4567.0].map(|number| Digits(number).to_string());
        assert_eq!(numbers, ["0.046", "4.57", "45.7", "457", "4567"]);
    }
}
