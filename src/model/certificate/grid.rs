//! Tables, for a terminal and for a page.

/// A table: some columns of text, then some of numbers.
pub(super) struct Grid {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    /// How many columns are text, which stands at the left.
    texts: usize,
}

/// The columns of a row: texts, counts, and the time.
pub(super) fn row<const T: usize>(
    texts: [&String; T],
    counts: impl IntoIterator<Item = String>,
    seconds: f64,
) -> Vec<String> {
    let time = format!("{:.1} ms", seconds * 1000.0);
    let texts = texts.into_iter().cloned();
    texts.chain(counts).chain([time]).collect()
}

impl Grid {
    /// A table with these columns and sorted rows; if `times` is not asked for, without the last
    /// column of both.
    pub(super) fn new(
        head: &str,
        texts: usize,
        times: bool,
        rows: impl Iterator<Item = Vec<String>>,
    ) -> Self {
        let mut head: Vec<String> = head.split(" | ").map(ToOwned::to_owned).collect();
        if !times {
            head.pop();
        }
        let mut rows: Vec<Vec<String>> = rows.collect();
        rows.sort();
        for row in &mut rows {
            row.truncate(head.len());
        }
        Self { head, rows, texts }
    }

    /// Nothing for a table without rows.
    pub(super) fn markdown(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut text = format!("\n{}", line(&self.head));
        let rule = |column| if column < self.texts { "---" } else { "---:" };
        let rules: Vec<String> = (0..self.head.len())
            .map(|column| rule(column).to_owned())
            .collect();
        text.push_str(&line(&rules));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text
    }

    /// Nothing for a table without rows.
    pub(super) fn text(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..self.head.len())
            .map(|at| width(at).unwrap_or(0))
            .collect();
        let mut text = String::from("\n");
        for row in all() {
            let cells = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| {
                    if column < self.texts {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                });
            let line: Vec<String> = cells.collect();
            text.push_str(line.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}
