//! Half of the trials in a process of their own.
//!
//! loom maps a stack for each thread of each execution, and two threads of one process that map
//! memory all the time wait for each other in the kernel: two explorations at once in one process
//! are slower than one after the other. In two processes they are not.

use aqueduct::model::Certificate;
use libtest_mimic::{Arguments, Trial};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::NamedTempFile;

/// Set for the process that runs the other half: where it leaves its certificate.
const OTHER: &str = "AQUEDUCT_OTHER_HALF";

pub enum Halves {
    /// Some trials were asked for, or one core is there: all in this process.
    Whole,
    /// This process runs the first half, and the child the other one, which leaves its certificate
    /// in the first file and its output in the second.
    First(Child, [NamedTempFile; 2]),
    /// This process is the child.
    Other(PathBuf),
}

/// Whether some trials were asked for, and not all.
pub fn some(arguments: &Arguments) -> bool {
    let Arguments {
        filter,
        skip,
        list,
        ignored,
        include_ignored,
        ..
    } = arguments;
    filter.is_some() || !skip.is_empty() || *list || *ignored || *include_ignored
}

impl Halves {
    /// Starts the other half if everything is to run.
    pub fn of(arguments: &Arguments) -> Self {
        if let Some(file) = env::var_os(OTHER) {
            return Self::Other(file.into());
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if some(arguments) || arguments.test_threads == Some(1) || cores < 2 {
            return Self::Whole;
        }
        let files = [(); 2].map(|()| NamedTempFile::new().expect("a temporary file"));
        let [certificate, output] = &files;
        let itself = env::current_exe().expect("this program");
        let mut other = Command::new(itself);
        other.args(env::args_os().skip(1));
        other.env(OTHER, certificate.path());
        // Said afterwards: the lines of the two would be mixed.
        other.stdout(output.reopen().expect("our file"));
        let child = other.stdin(Stdio::null()).spawn();
        Self::First(child.expect("the other half"), files)
    }

    /// One trial after the other in each half.
    pub fn arguments(&self, mut arguments: Arguments) -> Arguments {
        if !matches!(self, Self::Whole) {
            arguments.test_threads = Some(1);
        }
        arguments
    }

    /// Every second trial, so that neighbours, which are alike, are shared out.
    pub fn mine(&self, trials: Vec<Trial>) -> Vec<Trial> {
        let first = match self {
            Self::Whole => return trials,
            Self::First(..) => 0,
            Self::Other(_) => 1,
        };
        trials.into_iter().skip(first).step_by(2).collect()
    }

    /// The certificate of this half and of the child's, if there is one; `None` if that failed.
    pub fn together(self, mut certificate: Certificate) -> Option<Certificate> {
        if let Self::First(mut child, [file, output]) = self {
            let ended = child.wait().expect("our child");
            print!("{}", fs::read_to_string(output.path()).expect("our file"));
            let text = fs::read_to_string(file.path()).expect("our file");
            certificate.merge(serde_json::from_str(&text).ok()?);
            return ended.success().then_some(certificate);
        }
        Some(certificate)
    }
}

/// Leaves the certificate of the child for its parent.
pub fn leave(certificate: &Certificate, file: &Path) {
    let text = serde_json::to_string(certificate).expect("plain data");
    fs::write(file, text).expect("the parent's file");
}
