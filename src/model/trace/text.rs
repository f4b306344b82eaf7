//! A run as text: a column a thread, a line an event.

use super::Trace;
use super::layout::{Kind, Layout, Row};
use std::fmt;
use std::fmt::Write;

/// The width of a terminal, which lines with source are cut to.
const LINE: usize = 120;

/// The width of the numbers of the lines.
const NUMBERS: usize = 5;

/// What the columns leave to the source: a place, and the beginning of the line there.
const SOURCE: usize = 36;

/// No column is wider than this, unless its text is.
const WIDE: usize = 44;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.model, self.fault)?;
        for point in &self.points {
            writeln!(f, "{point}")?;
        }
        match self.bound {
            Some(1) => writeln!(f, "a run with 1 preemption at the most")?,
            Some(bound) => writeln!(f, "a run with {bound} preemptions at the most")?,
            None => writeln!(f, "a run")?,
        }
        let layout = Layout::of(self);
        let widths = widths(&layout);
        let mut heads = " ".repeat(NUMBERS);
        for (head, width) in layout.heads.iter().zip(&widths) {
            write!(heads, "{head:<width$} ")?;
        }
        writeln!(f, "\n{heads}source")?;
        for row in &layout.rows {
            line(f, row, &widths)?;
        }
        // The rest stands in the first lines.
        writeln!(f, "   ! {}", self.fault.lines().next().unwrap_or_default())?;
        match &self.saved {
            Some(saved) => write!(f, "\n{saved}"),
            None => Ok(()),
        }
    }
}

fn widths(layout: &Layout) -> Vec<usize> {
    let threads = 0..layout.heads.len();
    let most = ((LINE - NUMBERS - SOURCE) / layout.heads.len()).min(WIDE);
    let widest = |thread| {
        let rows = layout.rows.iter().filter(|row| row.thread == Some(thread));
        let texts = rows.filter(|row| row.kind != Kind::Note);
        let widest = texts.map(|row| row.text.chars().count()).max();
        let head = layout.heads[thread].len();
        widest.unwrap_or(0).clamp(head, most.max(head)) + 1
    };
    threads.map(widest).collect()
}

fn line(f: &mut fmt::Formatter<'_>, row: &Row, widths: &[usize]) -> fmt::Result {
    let Some(thread) = row.thread else {
        if row.kind == Kind::Kernel {
            return writeln!(f, "{:>3}  {}", row.number, row.text);
        }
        for line in row.text.lines() {
            writeln!(f, "     : {line}")?;
        }
        return Ok(());
    };
    let mut line = format!("{:>3}  ", row.number);
    for (column, &width) in widths.iter().enumerate() {
        let text = if column == thread {
            row.text.as_str()
        } else {
            ""
        };
        write!(line, "{text:<width$} ")?;
        // What is too long for its column takes the rest of the line.
        if text.chars().count() > width {
            break;
        }
    }
    let columns: usize = widths.iter().map(|width| width + 1).sum();
    line += &" ".repeat((NUMBERS + columns).saturating_sub(line.chars().count()));
    line += &cut(&row.source, LINE.saturating_sub(line.chars().count()));
    writeln!(f, "{}", line.trim_end())?;
    if let Some(remark) = &row.remark {
        let indent: usize = widths[..thread].iter().map(|width| width + 1).sum();
        writeln!(f, "     {:indent$}^ {remark}", "")?;
    }
    Ok(())
}

/// As much of `text` as there is room for.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let shown: String = text.chars().take(room.saturating_sub(1)).collect();
    shown + "…"
}
