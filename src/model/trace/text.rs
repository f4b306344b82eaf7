//! A run as text: a column a thread, a line an event.

use super::Trace;
use super::layout::{Kind, Layout, Row};
use std::fmt;

/// No column is wider than this, unless its text is.
const WIDE: usize = 44;

/// As much of a line of source as is shown.
const SOURCE: usize = 76;

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
        write!(f, "\n     ")?;
        for (head, width) in layout.heads.iter().zip(&widths) {
            write!(f, "{head:<width$} ")?;
        }
        writeln!(f, "source")?;
        for row in &layout.rows {
            line(f, row, &widths)?;
        }
        writeln!(f, "   ! {}", self.fault)?;
        match &self.saved {
            Some(saved) => write!(f, "\n{saved}"),
            None => Ok(()),
        }
    }
}

fn widths(layout: &Layout) -> Vec<usize> {
    let threads = 0..layout.heads.len();
    let widest = |thread| {
        let rows = layout.rows.iter().filter(|row| row.thread == Some(thread));
        let texts = rows.filter(|row| row.kind != Kind::Note);
        let widest = texts.map(|row| row.text.chars().count()).max();
        let head = layout.heads[thread].len();
        widest.unwrap_or(0).clamp(head, WIDE) + 1
    };
    threads.map(widest).collect()
}

fn line(f: &mut fmt::Formatter<'_>, row: &Row, widths: &[usize]) -> fmt::Result {
    let Some(thread) = row.thread else {
        for line in row.text.lines() {
            writeln!(f, "     : {line}")?;
        }
        return Ok(());
    };
    write!(f, "{:>3}  ", row.number)?;
    for (column, &width) in widths.iter().enumerate() {
        let text = if column == thread {
            row.text.as_str()
        } else {
            ""
        };
        write!(f, "{text:<width$} ")?;
        // What is too long for its column takes the rest of the line.
        if text.chars().count() > width {
            break;
        }
    }
    let source: String = row.source.chars().take(SOURCE).collect();
    writeln!(f, "{source}")?;
    if let Some(remark) = &row.remark {
        let indent: usize = widths[..thread].iter().map(|width| width + 1).sum();
        writeln!(f, "     {:indent$}^ {remark}", "")?;
    }
    Ok(())
}
