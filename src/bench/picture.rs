//! Draws a course: a line from the lowest to the highest time of each contestant, a bar over the middle
//! half, and a mark at the median.

use std::fs;
use std::path::Path;

use svg::Document;
use svg::node::element::{Line, Rectangle, Text};

use super::contestant::Field;
use super::report::{Report, Row};
use super::spread::{Digits, Spread};
use super::{Course, Failure};

const WIDTH: f64 = 860.0;
/// Where names end, and times begin.
const LEFT: f64 = 230.0;
const ROW: f64 = 22.0;
const TOP: f64 = 40.0;

/// A picture of each course that was measured, under its name.
pub(super) fn draw(report: &Report, folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    for course in Course::ALL {
        let rows = report.of(course);
        if !rows.is_empty() {
            let file = folder.join(format!("{course}.svg"));
            let saved = svg::save(&file, &picture(course, &rows));
            saved.map_err(|why| format!("{}: {why}", file.display()))?;
        }
    }
    Ok(())
}

/// Times from left to right, each ten times as far as the one before by the same way.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    fn of(rows: &[(&Row, Spread)]) -> Self {
        let times = || rows.iter().map(|(_, times)| times);
        Self {
            lowest: times().map(Spread::lowest).fold(f64::INFINITY, f64::min) * 0.9,
            highest: times().map(Spread::highest).fold(0.0, f64::max) * 1.1,
        }
    }

    fn at(&self, time: f64) -> f64 {
        let part = (time / self.lowest).ln() / (self.highest / self.lowest).ln();
        LEFT + part * (WIDTH - LEFT - 80.0)
    }

    /// 1, 2, 5, 10, 20, 50 and so on, as far as they lie in it.
    fn marks(&self) -> impl Iterator<Item = f64> {
        let decades = (-3..12).map(|power| 10_f64.powi(power));
        let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * decade));
        all.filter(|mark| (self.lowest..self.highest).contains(mark))
    }
}

fn picture(course: Course, rows: &[(&Row, Spread)]) -> Document {
    let bottom = TOP + ROW * rows.len() as f64;
    let scale = Scale::of(rows);
    let (title, unit) = (course.title(), course.unit());
    let title = format!("{title}: {} for {unit}", course.quantity());
    let mut document = Document::new()
        .set("viewBox", (0.0, 0.0, WIDTH, bottom + 30.0))
        .set("font-family", "sans-serif")
        .set("font-size", 12)
        .add(
            Rectangle::new()
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "white"),
        )
        .add(
            Text::new(title)
                .set("x", 10)
                .set("y", 20)
                .set("font-weight", "bold"),
        );
    for mark in scale.marks() {
        let x = scale.at(mark);
        let line = Line::new()
            .set("x1", x)
            .set("x2", x)
            .set("y1", TOP - 8.0)
            .set("y2", bottom);
        let text = Text::new(Digits(mark).to_string())
            .set("x", x)
            .set("y", bottom + 16.0);
        document = document
            .add(line.set("stroke", "#ddd"))
            .add(text.set("text-anchor", "middle").set("fill", "#555"));
    }
    let tops = (0..).map(|row| TOP + ROW * f64::from(row));
    rows.iter()
        .zip(tops)
        .fold(document, |document, ((row, times), top)| {
            add(document, &scale, row, times, top)
        })
}

fn add(document: Document, scale: &Scale, row: &Row, times: &Spread, top: f64) -> Document {
    let middle = top + ROW / 2.0;
    let across = |from: f64, to: f64| {
        let (from, to) = (scale.at(from), scale.at(to));
        Line::new()
            .set("x1", from)
            .set("x2", to)
            .set("y1", middle)
            .set("y2", middle)
    };
    let color = match row.about.field {
        Field::Ours => "#0b6e99",
        Field::Limit => "#111",
        Field::Kernel => "#b07d2b",
        Field::Peer => "#999",
    };
    let name = Text::new(row.plain_name())
        .set("x", LEFT - 8.0)
        .set("y", middle + 4.0);
    let median = scale.at(times.median());
    let mark = Line::new().set("x1", median).set("x2", median);
    let number = Text::new(Digits(times.median()).to_string());
    document
        .add(name.set("text-anchor", "end").set("fill", color))
        .add(across(times.lowest(), times.highest()).set("stroke", color))
        .add(
            across(times.lower(), times.upper())
                .set("stroke", color)
                .set("stroke-width", 8)
                .set("stroke-opacity", 0.45),
        )
        .add(
            mark.set("y1", middle - 7.0)
                .set("y2", middle + 7.0)
                .set("stroke", color)
                .set("stroke-width", 2),
        )
        .add(
            number
                .set("x", scale.at(times.highest()) + 6.0)
                .set("y", middle + 4.0)
                .set("fill", color),
        )
}
