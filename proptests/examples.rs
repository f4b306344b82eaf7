//! The examples of which each is several processes, run as a reader runs them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::running::Running;

/// An example, which `cargo test` builds beside the tests.
pub fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("the test program's path");
    let built: PathBuf = test.ancestors().nth(2).expect("a folder").join("examples");
    let program = built.join(name);
    assert!(
        program.exists(),
        "{name} is not built: `cargo build --examples`, or `cargo test`, which builds all"
    );
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

fn runs(name: &str) {
    let mut running = Running::start(&mut example(name));
    running.wait().expect(0);
}

#[test]
fn workers_share_jobs() {
    runs("job_queue");
}

#[test]
fn a_server_answers() {
    runs("request_reply");
}

#[test]
fn two_name_each_other() {
    runs("direct_symmetric");
}

#[test]
fn one_learns_who_asks() {
    runs("direct_asymmetric");
}

#[test]
fn a_child_reads_an_ordinary_pipe() {
    runs("pipe_child");
}

#[test]
fn two_that_do_not_trust_each_other_share_a_link() {
    runs("sealed");
}

#[test]
fn strangers_share_a_pipe() {
    runs("pipe_named");
}

#[test]
fn two_talk_at_once_and_in_turns() {
    runs("pipe_turns");
}
