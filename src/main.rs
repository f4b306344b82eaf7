//! The command line of aqueduct: streams of bytes between processes, and what lies in shared
//! memory.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
