//! What a word or a cell is called in the source.

use crate::model::site::{Site, source_text};
use std::collections::HashMap;
use std::panic::Location;

/// The methods of words and cells.
const METHODS: [&str; 8] = [
    "load",
    "store",
    "swap",
    "fetch_add",
    "fetch_or",
    "compare_exchange",
    "with",
    "with_mut",
];

/// The lines of the source files that a run touched.
#[derive(Default)]
pub(super) struct Sources(HashMap<&'static str, Vec<String>>);

impl Sources {
    /// Files whose texts are known; others are read from the disk.
    pub(super) fn given(texts: &[(&'static str, &'static str)]) -> Self {
        let lines = |text: &str| text.lines().map(ToOwned::to_owned).collect();
        Self(
            texts
                .iter()
                .map(|&(file, text)| (file, lines(text)))
                .collect(),
        )
    }

    fn lines(&mut self, file: &'static str) -> &[String] {
        self.0.entry(file).or_insert_with(|| {
            let text = source_text(file);
            text.lines().map(ToOwned::to_owned).collect()
        })
    }

    /// The line of a place, trimmed; empty if the file cannot be read.
    pub(super) fn line(&mut self, location: &'static Location<'static>) -> String {
        let number = location.line() as usize;
        let line = self.lines(location.file()).get(number.wrapping_sub(1));
        line.map(|line| line.trim().to_owned()).unwrap_or_default()
    }

    /// The name of the first argument of the function that was called at `site`, or before the dot
    /// of the method: `head` for `self.head.load(..)`, `slot` for `self.slot(3).with(..)`. And whether
    /// it names the word or cell itself: not if the method is one of a structure that it is in.
    pub(super) fn receiver(&mut self, site: &Site) -> Option<(bool, String)> {
        let number = site.location.line() as usize;
        let column = site.location.column() as usize - 1;
        let lines = self.lines(site.location.file());
        let line = lines.get(number.checked_sub(1)?)?;
        let (before, called) = line.split_at_checked(column)?;
        let name = match before.trim().strip_suffix('.') {
            // A chain of calls may stand on lines of its own.
            Some("") => last_name(lines.get(number.checked_sub(2)?)?),
            Some(receiver) => last_name(receiver),
            None => return Some((true, first_argument(called)?)),
        };
        let method = called.split('(').next()?;
        Some((METHODS.contains(&method), name?))
    }
}

/// The last name of the first argument of a call.
fn first_argument(call: &str) -> Option<String> {
    let (_, arguments) = call.split_once('(')?;
    let mut depth = 0;
    let end = arguments.find(|letter| {
        depth += i32::from(matches!(letter, '(' | '[')) - i32::from(matches!(letter, ')' | ']'));
        depth < 0 || (depth == 0 && letter == ',')
    });
    last_name(&arguments[..end?])
}

/// The last name of an expression, without what stands in brackets behind it.
fn last_name(expression: &str) -> Option<String> {
    let mut rest = expression.trim_end().trim_end_matches('.');
    while let Some(close) = rest.chars().last().filter(|last| matches!(last, ')' | ']')) {
        let open = if close == ')' { '(' } else { '[' };
        let mut depth = 0;
        let at = rest.char_indices().rev().find(|&(_, character)| {
            depth += i32::from(character == close) - i32::from(character == open);
            depth == 0
        });
        rest = rest[..at?.0].trim_end();
    }
    // `.0` names nothing.
    if let Some(tuple) = rest.strip_suffix(|last: char| last.is_ascii_digit())
        && let Some(tuple) = tuple.strip_suffix('.')
    {
        return last_name(tuple);
    }
    let name = rest
        .rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{first_argument, last_name};

    #[test]
    fn the_last_name_of_a_first_argument() {
        let cases = [
            ("write(ring.slot(*tail), message);", Some("slot")),
            ("read(&self.slots[index]);", Some("slots")),
            ("wait()", None),
        ];
        for (call, name) in cases {
            assert_eq!(first_argument(call).as_deref(), name, "{call}");
        }
    }

    #[test]
    fn the_last_name_of_an_expression() {
        let cases = [
            ("self.shared.head", Some("head")),
            ("let head = self.head", Some("head")),
            ("self.slot(position)", Some("slot")),
            ("self.slots[index.index(self.len())].0", Some("slots")),
            ("self.slots[2]", Some("slots")),
            ("", None),
        ];
        for (expression, name) in cases {
            assert_eq!(last_name(expression).as_deref(), name, "{expression}");
        }
    }
}
