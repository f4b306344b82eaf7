//! `aqueduct doctor`, on this machine, and on one that is made wrong in a namespace of mounts.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::running::aqueduct;

/// What was found, by what was looked at.
struct Report {
    code: Option<i32>,
    findings: Vec<Value>,
    said: String,
}

impl Report {
    fn of(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let findings = serde_json::from_slice(&output.stdout);
        Self {
            code: output.status.code(),
            findings: findings.unwrap_or_else(|error| panic!("{error}: {said}")),
            said,
        }
    }

    /// It is found so, in these words; and one that is not good has an advice.
    #[track_caller]
    fn says(&self, what: &str, verdict: &str, words: &str) {
        let finding = self.findings.iter().find(|one| one["what"] == what);
        let finding = finding.unwrap_or_else(|| panic!("nobody looked at {what}"));
        let found = finding["found"].as_str().expect("text");
        assert_eq!(finding["verdict"], verdict, "{finding}");
        assert!(found.contains(words), "{finding}");
        assert_eq!(finding["advice"].is_null(), verdict == "good", "{finding}");
    }

    /// Nothing else is bad, and the exit code says the same.
    #[track_caller]
    fn is_bad(&self, whats: &[&str]) {
        let bad = self.findings.iter().filter(|one| one["verdict"] == "bad");
        let bad: Vec<_> = bad.map(|one| one["what"].as_str().expect("text")).collect();
        assert_eq!(bad, whats);
        assert_eq!(
            self.code,
            Some(i32::from(!whats.is_empty())),
            "{}",
            self.said
        );
        assert_eq!(self.said.is_empty(), whats.is_empty(), "{}", self.said);
    }
}

/// The doctor behind these words of a shell, in a namespace of mounts of its own; `None` where that is
/// not permitted.
fn behind(script: &str) -> Option<Report> {
    let unshare = |words: &[&str], script: &str| {
        let program = aqueduct(["doctor", "--json"]);
        let mut command = Command::new("unshare");
        command.args(words).args(["--mount", "sh", "-e", "-c"]);
        command.arg(format!("{script}\nexec \"$@\"")).arg("sh");
        command.arg(program.get_program()).args(program.get_args());
        command.output().expect("unshare is there")
    };
    let user: &[&str] = &["--user", "--map-root-user"];
    let tried = |words: &&&[&str]| {
        let mount = "mount -t tmpfs tmpfs /dev/shm";
        unshare(words, mount)
            .status
            .code()
            .is_some_and(|code| code <= 1)
    };
    let Some(words) = [&[], user].iter().find(tried).copied() else {
        eprintln!("skipped: this user may not mount anything");
        return None;
    };
    Some(Report::of(&unshare(words, script)))
}

#[test]
fn a_machine_that_is_well_is_told_so() {
    let mut doctor = aqueduct(["doctor", "--json"]);
    let output = doctor.stdout(Stdio::piped()).output();
    let report = Report::of(&output.expect("it starts"));
    report.is_bad(&[]);
    report.says("object", "good", "made, named, locked and removed");
    report.says("futex_waitv", "good", "there");
}

#[test]
fn each_thing_that_is_wrong_with_the_folder_is_named() {
    let mount = |options: &str| format!("mount -t tmpfs -o {options} tmpfs /dev/shm");
    let table = [
        (
            mount("size=1g,mode=1777"),
            "room",
            "good",
            "1.00 GiB",
            &[][..],
        ),
        (mount("size=64m"), "room", "warning", "64.00 MiB", &[]),
        (mount("size=64k"), "room", "bad", "64.00 KiB", &["room"]),
        (
            mount("nr_inodes=1"),
            "room",
            "bad",
            "free",
            &["room", "object"],
        ),
        (
            mount("ro"),
            "folder",
            "bad",
            "only be read",
            &["folder", "object"],
        ),
        (mount("mode=0777"), "doors", "warning", "0777", &[]),
        (
            "mount --bind /proc /dev/shm".into(),
            "folder",
            "warning",
            "no tmpfs",
            &["object"],
        ),
        (
            format!("{}; touch /dev/shm/other", mount("mode=1777")),
            "names",
            "good",
            "1 others",
            &[],
        ),
    ];
    for (script, what, verdict, words, bad) in table {
        let Some(report) = behind(&script) else {
            return;
        };
        report.says(what, verdict, words);
        report.is_bad(bad);
    }
}

#[test]
fn what_the_dead_have_left_is_counted() {
    let program = aqueduct([]);
    let program = program.get_program().display();
    let script = format!(
        "mount -t tmpfs tmpfs /dev/shm
         {program} send /left /dev/null &
         until [ -e /dev/shm/left ]; do sleep 0.01; done
         kill -KILL $!
         {{ wait $!; }} 2>/dev/null || true"
    );
    if let Some(report) = behind(&script) {
        report.says("names", "warning", "1 of yours, 1 of them left by the dead");
        report.is_bad(&[]);
    }
}

#[test]
fn limits_of_a_shell_are_named() {
    for (script, what, words) in [
        ("ulimit -n 64", "files", "64 at a time"),
        ("ulimit -f 1000", "file size", "KiB at the most"),
        ("ulimit -v 4000000", "addresses", "GiB at the most"),
    ] {
        let Some(report) = behind(script) else { return };
        report.says(what, "warning", words);
        report.is_bad(&[]);
    }
}
