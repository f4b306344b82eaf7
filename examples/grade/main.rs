//! Grades four buffers, as four students might hand them in: `cargo run --example grade`. What is wrong
//! with one of them, drawn: `cargo run --example grade -- hasty`. docs/teaching.md explains it.

mod queue;
mod sheet;
mod submissions;

use std::process::ExitCode;

use self::sheet::{Sheet, grade};
use self::submissions::{Hasty, Locked, Ring, Strong};

type Submission = (&'static str, fn() -> Sheet);

/// What was handed in, and by what name.
const SUBMISSIONS: &[Submission] = &[
    ("ring", grade::<Ring>),
    ("hasty", grade::<Hasty>),
    ("strong", grade::<Strong>),
    ("locked", grade::<Locked>),
];

fn main() -> ExitCode {
    let Some(wanted) = std::env::args().nth(1) else {
        for (name, grade) in SUBMISSIONS {
            println!("{}", grade().marked(name));
        }
        return ExitCode::SUCCESS;
    };
    let Some((name, grade)) = SUBMISSIONS.iter().find(|(name, _)| *name == wanted) else {
        let names: Vec<_> = SUBMISSIONS.iter().map(|&(name, _)| name).collect();
        eprintln!(
            "nobody has handed in {wanted:?}; there are {}",
            names.join(", ")
        );
        return ExitCode::from(2);
    };
    let sheet = grade();
    println!("{}\n{}", sheet.marked(name), sheet.explained());
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::SUBMISSIONS;

    /// Also what docs/teaching.md shows.
    #[test]
    fn each_has_its_marks() {
        let page = include_str!("../../docs/teaching.md");
        for (name, marks) in [("ring", 4), ("hasty", 1), ("strong", 3), ("locked", 1)] {
            let found = SUBMISSIONS.iter().find(|(known, _)| *known == name);
            let sheet = found.expect("it was handed in").1();
            let marked = sheet.marked(name);
            assert_eq!(sheet.marks(), marks, "{marked}");
            assert!(page.contains(&marked), "not on the page:\n{marked}");
        }
    }

    #[test]
    fn what_is_wrong_is_drawn() {
        let explained = |index: usize| SUBMISSIONS[index].1().explained();
        assert!(explained(0).is_empty());
        assert!(explained(1).contains("race"));
        assert!(explained(2).contains("survives"));
        assert!(explained(3).contains("is killed before this"));
    }
}
