//! Models of the library, explored by loom, and the calibration of the checker.

use std::process::ExitCode;

use libtest_mimic::Arguments;

mod calibration;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, calibration::trials()).exit_code()
}
