//! The models: one file per algorithm file, and the tests of the checker itself.

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
    libtest_mimic::run(&arguments, machine.collect()).exit();
}
