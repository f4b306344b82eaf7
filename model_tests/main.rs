//! The models: one file per algorithm file, and before them the calibration of the checker.

mod calibration;
mod machine;

use libtest_mimic::{Arguments, Failed, Trial};

/// A test: its name, and what fails it.
type Test = (&'static str, fn() -> Result<(), String>);

fn trial(room: &str, (name, test): Test) -> Trial {
    Trial::test(format!("{room}::{name}"), move || {
        test().map_err(Failed::from)
    })
}

fn main() {
    let arguments = Arguments::from_args();
    let machine = machine::tests()
        .into_iter()
        .map(|test| trial("machine", test));
    let trials = calibration::trials().into_iter().chain(machine).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
