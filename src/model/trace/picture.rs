//! A run as a picture.

use super::Trace;
use super::layout::{Kind, Layout, Row};
use svg::Document;
use svg::node::element::{Group, Line, Path, Rectangle, Text};

/// The height of a line of text, and of a row.
const LINE: usize = 18;
/// The width of a character of the font.
const LETTER: usize = 8;
/// What is left free at each side.
const MARGIN: usize = 16;
/// The width of the numbers of rows.
const NUMBERS: usize = 40;

impl Trace {
    /// The run as an SVG: a column a thread, a row an event, an arrow from each store to a load
    /// that missed it.
    #[must_use]
    pub fn svg(&self) -> String {
        let layout = Layout::of(self);
        let plan = Plan::of(&layout, self);
        let mut document = Document::new()
            .set("viewBox", (0, 0, plan.width, plan.height))
            .set("font-family", "ui-monospace, monospace")
            .set("font-size", 13)
            .add(
                Rectangle::new()
                    .set("width", "100%")
                    .set("height", "100%")
                    .set("fill", "#fff"),
            );
        for (number, line) in plan.title.iter().enumerate() {
            let weight = if number == 0 { "bold" } else { "normal" };
            let line = text(MARGIN, MARGIN + (number + 1) * LINE, line);
            document = document.add(line.set("font-weight", weight));
        }
        for (head, &left) in layout.heads.iter().zip(&plan.columns) {
            document = document.add(plan.column(head, left));
        }
        for (row, &top) in layout.rows.iter().zip(&plan.tops) {
            document = document.add(plan.row(row, top));
        }
        // The rest stands in the title.
        let fault = self.fault.lines().next().unwrap_or_default();
        let fault = text(MARGIN, plan.height - MARGIN, &format!("! {fault}"));
        document
            .add(fault.set("fill", RED).set("font-weight", "bold"))
            .to_string()
    }
}

const RED: &str = "#b3261e";
const ORANGE: &str = "#9a5b00";
const GREY: &str = "#6b6b6b";
const BLUE: &str = "#1b4f8a";

/// Where everything stands.
struct Plan {
    title: Vec<String>,
    /// The left edge of each column.
    columns: Vec<usize>,
    /// The left edge of the places in the source, and of the lines there.
    source: usize,
    line: usize,
    /// The top of the columns, and of each row.
    top: usize,
    tops: Vec<usize>,
    /// Where the text of each row begins and ends.
    spans: Vec<(usize, usize)>,
    width: usize,
    height: usize,
}

impl Plan {
    fn of(layout: &Layout, trace: &Trace) -> Self {
        let title = format!("{}: {}", trace.model, trace.fault);
        let mut title: Vec<String> = title.lines().map(ToOwned::to_owned).collect();
        title.extend(trace.points.iter().cloned());
        let mut left = MARGIN + NUMBERS;
        let mut columns = Vec::new();
        for (thread, head) in layout.heads.iter().enumerate() {
            columns.push(left);
            let own = layout.rows.iter().filter(|row| row.thread == Some(thread));
            let letters = own.map(|row| wording(row).chars().count()).max();
            left += (letters.unwrap_or(0).max(head.len()) + 3) * LETTER;
        }
        let top = MARGIN + (title.len() + 2) * LINE;
        let mut bottom = top + LINE / 2;
        let mut tops = Vec::new();
        for row in &layout.rows {
            tops.push(bottom);
            bottom += row.text.lines().count().max(1) * LINE;
        }
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0) * LETTER;
        let sources = layout.rows.iter();
        let sources = sources.filter_map(|row| row.source.split_once("  "));
        let places = longest(&mut sources.clone().map(|(place, _)| place.chars().count()));
        let lines = longest(&mut sources.map(|(_, line)| line.chars().count()));
        let line = left + places + 2 * LETTER;
        let titles = longest(&mut title.iter().map(|line| line.chars().count()));
        let span = |row: &Row| {
            let left = columns[row.thread.unwrap_or(0)];
            (left, left + (wording(row).chars().count() + 2) * LETTER)
        };
        Self {
            spans: layout.rows.iter().map(span).collect(),
            columns,
            source: left,
            line,
            top,
            tops,
            width: (line + lines).max(MARGIN + titles) + MARGIN,
            height: bottom + 2 * LINE + MARGIN,
            title,
        }
    }

    /// A head, and the line of life below it.
    fn column(&self, head: &str, left: usize) -> Group {
        let life = Line::new()
            .set("x1", left)
            .set("x2", left)
            .set("y1", self.top)
            .set("y2", self.height - 2 * LINE)
            .set("stroke", "#d0d0d0");
        let head = text(left, self.top - LINE / 3, head).set("font-weight", "bold");
        Group::new().add(life).add(head)
    }

    fn row(&self, row: &Row, top: usize) -> Group {
        let base = top + LINE - 4;
        let Some(left) = row.thread.map(|thread| self.columns[thread]) else {
            return self.picture(row, top);
        };
        let number = text(MARGIN, base, &row.number.to_string()).set("fill", GREY);
        let (place, line) = row.source.split_once("  ").unwrap_or_default();
        let place = text(self.source, base, place).set("fill", GREY);
        let line = text(self.line, base, line).set("fill", GREY);
        let (colour, weight) = match row.kind {
            _ if row.remark.is_some() => (ORANGE, "bold"),
            Kind::Access => ("#111", "normal"),
            Kind::Life => (GREY, "normal"),
            Kind::Killed => (RED, "bold"),
            Kind::Kernel | Kind::Note | Kind::Picture => (BLUE, "normal"),
        };
        let what = text(left + LETTER, base, &wording(row));
        let what = what.set("fill", colour).set("font-weight", weight);
        let group = Group::new().add(number).add(place).add(line).add(what);
        match &row.remark {
            Some(remark) => group.add(self.arrow(remark.row(), base, left)),
            None => group,
        }
    }

    /// From the row that a remark names, beside its text.
    fn arrow(&self, row: usize, base: usize, left: usize) -> Path {
        let from = self.tops.get(row - 1);
        let from = from.map_or(self.top, |top| top + LINE - 9);
        let start = match self.spans.get(row - 1) {
            Some(&(from, end)) if from < left => end,
            Some(&(from, _)) => from,
            None => left,
        };
        let to = base - 5;
        // With the two lines of its head.
        let curve = format!(
            "M {start} {from} C {0} {from}, {0} {to}, {left} {to} l -6 -3 m 6 3 l -6 3",
            left - 20
        );
        Path::new()
            .set("d", curve)
            .set("fill", "none")
            .set("stroke", ORANGE)
            .set("stroke-dasharray", "4 3")
    }

    /// What belongs to no thread: a structure as it looks now, an act of the kernel.
    fn picture(&self, row: &Row, top: usize) -> Group {
        let left = self.columns[0] + LETTER;
        let number = text(MARGIN, top + LINE - 4, &row.number.to_string()).set("fill", GREY);
        let group = Group::new();
        let group = if row.kind == Kind::Kernel {
            group.add(number)
        } else {
            group
        };
        row.text
            .lines()
            .enumerate()
            .fold(group, |group, (number, line)| {
                let line = text(left, top + (number + 1) * LINE - 4, line);
                group.add(line.set("fill", BLUE))
            })
    }
}

/// What stands in the column of a row.
fn wording(row: &Row) -> String {
    match &row.remark {
        Some(remark) => format!("{}  {remark}", row.text),
        None => row.text.clone(),
    }
}

fn text(x: usize, y: usize, content: &str) -> Text {
    Text::new(content)
        .set("x", x)
        .set("y", y)
        .set("xml:space", "preserve")
}
