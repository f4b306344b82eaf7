//! Time a message over the number of messages, and over the capacity, as a picture.

use svg::Document;
use svg::node::element::{Circle, Group, Line, Polyline, Rectangle, Text};

use crate::samples::Row;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 450.0;
/// The edges of the panels.
const TOP: f64 = 84.0;
const BOTTOM: f64 = 390.0;
const GREY: &str = "#555";
/// Colours that most of the colour-blind can tell apart.
const COLOURS: [&str; 5] = ["#d55e00", "#555555", "#0072b2", "#009e73", "#cc79a7"];

/// What varies in a panel, and between which pixels it is drawn.
struct Panel {
    part: &'static str,
    title: &'static str,
    label: &'static str,
    /// The labels are powers of it, from the first on,
    base: u64,
    /// and so many powers apart.
    step: usize,
    left: f64,
    right: f64,
}

const PANELS: [Panel; 3] = [
    Panel {
        part: "counts",
        title: "one thread to another",
        label: "messages passed, capacity 1,024",
        base: 10,
        step: 1,
        left: 70.0,
        right: 330.0,
    },
    Panel {
        part: "capacities",
        title: "one thread to another",
        label: "capacity, in messages",
        base: 2,
        step: 3,
        left: 410.0,
        right: 760.0,
    },
    Panel {
        part: "laps",
        title: "one thread fills it, then drains it",
        label: "capacity, in messages",
        base: 2,
        step: 3,
        left: 840.0,
        right: 1190.0,
    },
];

/// A logarithmic axis: from one value to another, from one pixel to another.
struct Axis {
    values: [f64; 2],
    pixels: [f64; 2],
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let [low, high] = self.values.map(f64::ln);
        let [start, end] = self.pixels;
        start + (value.ln() - low) / (high - low) * (end - start)
    }
}

/// Medians as points, lowest and highest samples as bars.
pub fn plot(rows: &[Row]) -> Document {
    let rows: Vec<&Row> = rows
        .iter()
        .filter(|row| PANELS.iter().any(|panel| panel.part == row.point.part))
        .collect();
    let mut designs: Vec<&str> = Vec::new();
    for row in &rows {
        if !designs.contains(&row.design.as_str()) {
            designs.push(&row.design);
        }
    }
    let times = Axis {
        values: around(rows.iter().flat_map(|row| row.samples.iter().copied())),
        pixels: [BOTTOM, TOP],
    };
    let ground = Rectangle::new().set("width", WIDTH).set("height", HEIGHT);
    let document = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("font-family", "sans-serif")
        .set("font-size", 13)
        .add(ground.set("fill", "#fff"))
        .add(legend(&designs));
    PANELS.iter().fold(document, |document, panel| {
        let rows: Vec<&Row> = rows
            .iter()
            .copied()
            .filter(|row| row.point.part == panel.part)
            .collect();
        document.add(panel.draw(&rows, &designs, &times))
    })
}

/// The smallest and the largest value, with a little room.
fn around(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let lowest = values.clone().fold(f64::INFINITY, f64::min);
    [lowest / 1.3, values.fold(lowest, f64::max) * 1.3]
}

fn legend(designs: &[&str]) -> Group {
    let title = text(70.0, 22.0, "start", "time a message, 8 bytes each");
    let group = Group::new().add(title.set("font-weight", "bold"));
    let spread = "points: medians; bars: lowest to highest sample";
    let group = group.add(text(1190.0, 22.0, "end", spread));
    let entries = designs.iter().zip(COLOURS).zip(0_u8..);
    entries.fold(group, |group, ((design, colour), number)| {
        let x = 76.0 + 130.0 * f64::from(number);
        group
            .add(point(x, 42.0, colour))
            .add(text(x + 10.0, 46.0, "start", design))
    })
}

impl Panel {
    fn draw(&self, rows: &[&Row], designs: &[&str], times: &Axis) -> Group {
        let along = Axis {
            values: around(rows.iter().map(|row| row.point.at as f64)),
            pixels: [self.left, self.right],
        };
        let middle = f64::midpoint(self.left, self.right);
        let group = Group::new()
            .add(self.times(times))
            .add(self.powers(&along))
            .add(text(middle, TOP - 8.0, "middle", self.title))
            .add(text(middle, BOTTOM + 42.0, "middle", self.label));
        let series = designs.iter().zip(COLOURS).zip(0_u8..);
        series.fold(group, |group, ((design, colour), number)| {
            // Beside each other, that no bar hides another.
            let aside = 3.0 * (f64::from(number) - 1.5);
            let rows = rows.iter().filter(|row| row.design == *design);
            let rows = rows.map(|row| (along.at(row.point.at as f64) + aside, *row));
            group.add(series_of(&rows.collect::<Vec<_>>(), times, colour))
        })
    }

    /// A line and a label for 1, 2 and 5 nanoseconds, and their tens.
    fn times(&self, times: &Axis) -> Group {
        let [low, high] = times.values;
        let ticks = (-1..6).flat_map(|power| [1.0, 2.0, 5.0].map(|tick| tick * 10_f64.powi(power)));
        let ticks = ticks.filter(|tick| (low..high).contains(tick));
        let x = self.left - 42.0;
        let middle = f64::midpoint(TOP, BOTTOM);
        let title = text(x, middle, "middle", "ns a message");
        let title = title.set("transform", format!("rotate(-90 {x} {middle})"));
        ticks.fold(Group::new().add(title), |group, tick| {
            let y = times.at(tick);
            group
                .add(line([self.left, self.right], [y, y], "#e0e0e0"))
                .add(text(self.left - 6.0, y + 4.0, "end", &tick.to_string()))
        })
    }

    fn powers(&self, along: &Axis) -> Group {
        let edge = line([self.left, self.right], [BOTTOM, BOTTOM], GREY);
        let powers = (1..64_u32).step_by(self.step);
        powers.fold(Group::new().add(edge), |group, power| {
            let value = self
                .base
                .checked_pow(power)
                .map_or(f64::NAN, |value| value as f64);
            if !(along.values[0]..along.values[1]).contains(&value) {
                return group;
            }
            let x = along.at(value);
            let name = format!("{}{}", self.base, superscript(power));
            group
                .add(line([x, x], [BOTTOM, BOTTOM + 5.0], GREY))
                .add(text(x, BOTTOM + 20.0, "middle", &name))
        })
    }
}

/// The rows of one competitor, each with its place.
fn series_of(rows: &[(f64, &Row)], times: &Axis, colour: &str) -> Group {
    let medians = rows.iter().map(|(x, row)| (*x, times.at(row.median())));
    let path = medians.clone().map(|(x, y)| format!("{x:.1},{y:.1}"));
    let path = Polyline::new()
        .set("points", path.collect::<Vec<_>>().join(" "))
        .set("fill", "none")
        .set("stroke", colour)
        .set("stroke-width", 1.5);
    let group = rows.iter().fold(Group::new().add(path), |group, (x, row)| {
        let sorted = row.sorted();
        let ends = [sorted[0], sorted[sorted.len() - 1]].map(|time| times.at(time));
        group.add(line([*x, *x], ends, colour).set("stroke-width", 1.5))
    });
    medians.fold(group, |group, (x, y)| group.add(point(x, y, colour)))
}

fn point(x: f64, y: f64, colour: &str) -> Circle {
    let (x, y) = (format!("{x:.1}"), format!("{y:.1}"));
    Circle::new()
        .set("cx", x)
        .set("cy", y)
        .set("r", 3.5)
        .set("fill", colour)
}

fn line([x1, x2]: [f64; 2], [y1, y2]: [f64; 2], colour: &str) -> Line {
    let [x1, x2, y1, y2] = [x1, x2, y1, y2].map(|pixel| format!("{pixel:.1}"));
    let line = Line::new()
        .set("x1", x1)
        .set("x2", x2)
        .set("y1", y1)
        .set("y2", y2);
    line.set("stroke", colour)
}

fn text(x: f64, y: f64, anchor: &str, content: &str) -> Text {
    Text::new(content)
        .set("x", x)
        .set("y", y)
        .set("text-anchor", anchor)
        .set("fill", GREY)
}

fn superscript(number: u32) -> String {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let number = number.to_string();
    number
        .bytes()
        .map(|digit| digits[usize::from(digit - b'0')])
        .collect()
}
