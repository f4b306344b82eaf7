//! `aqueduct bench`: links beside what the machine allows, and beside the kernel's.

use aqueduct::bench::{self, Interrupted, Options};

use super::failure::Failure;

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    bench::main(options, Vec::new()).map_err(|why| {
        if why.is::<Interrupted>() {
            Failure::Interrupted
        } else {
            Failure::Bench(why)
        }
    })
}
