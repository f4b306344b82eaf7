//! The lab of a program that was built without the checker.

use super::args::Lab;
use super::failure::Failure;

/// Says how to get the lab.
pub(super) fn run(args: &Lab) -> Result<(), Failure> {
    let exercise = args.exercise.as_deref().unwrap_or_default();
    let command = format!("cargo run --features cli,model -- lab {exercise}");
    Err(Failure::Usage(format!(
        "this program was built without the checker, which the lab needs; build it with both: `{}`",
        command.trim_end()
    )))
}
