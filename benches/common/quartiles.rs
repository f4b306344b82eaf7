//! How numbers that differ are summed up.

use std::fmt;

/// The middle of some numbers, and the middles of what is below and above.
pub struct Quartiles {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl Quartiles {
    pub fn of(numbers: impl Iterator<Item = f64>) -> Quartiles {
        let mut sorted: Vec<f64> = numbers.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |quarters| sorted[(sorted.len() - 1) * quarters / 4];
        Quartiles {
            lower: at(1),
            median: at(2),
            upper: at(3),
        }
    }
}

/// `median (lower - upper)`, each with the width and the precision that are asked for.
impl fmt::Display for Quartiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (before, number) in [("", self.median), (" (", self.lower), (" - ", self.upper)] {
            f.write_str(before)?;
            number.fmt(f)?;
        }
        f.write_str(")")
    }
}
