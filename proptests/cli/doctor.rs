//! `aqueduct doctor`, on this machine, and on one that is made wrong in a namespace of mounts.

mod folder;

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};

use aqueduct::shm::Uid;
use nix::errno::Errno;
use nix::libc;
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
    report.says("link", "good", "a message passed through it");
    report.says("unnamed", "good", "can be made");
    report.says("futex_waitv", "good", "there");
    report.says("membarrier", "good", "there");
    report.says("sealed", "good", "handed over");
    report.says("threads", "good", "can be started");
}

/// The doctor on a kernel that does not have this call, as far as the doctor can tell.
fn without(call: libc::c_long) -> Report {
    let mut doctor = aqueduct(["doctor", "--json"]);
    doctor.stdout(Stdio::piped()).stderr(Stdio::piped());
    // SAFETY: the filter is installed by two system calls, which a child may make.
    unsafe { doctor.pre_exec(move || answer_enosys(call)) };
    Report::of(&doctor.output().expect("it starts"))
}

/// Lets this process, and what it executes, find that there is no such call.
fn answer_enosys(call: libc::c_long) -> io::Result<()> {
    let step = |code: u32, jt, jf, k| libc::sock_filter {
        code: u16::try_from(code).expect("16 bits"),
        jt,
        jf,
        k,
    };
    let number = u32::try_from(call).map_err(io::Error::other)?;
    let enosys = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let mut filter = [
        // The number of the call comes first.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, number),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, enosys),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: 4,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: it takes numbers.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: the kernel reads the program, and its four steps.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) })?;
    Ok(())
}

#[test]
fn each_call_that_a_kernel_does_not_have_is_named() {
    let report = without(libc::SYS_futex_waitv);
    report.says("futex_waitv", "bad", "has none");
    report.says("sealed", "warning", "futex_waitv");
    report.is_bad(&["link", "futex_waitv"]);
    let report = without(libc::SYS_io_uring_setup);
    report.says("io_uring", "warning", "");
    report.is_bad(&[]);
    let report = without(libc::SYS_membarrier);
    report.says("membarrier", "warning", "none");
    report.is_bad(&[]);
    let report = without(libc::SYS_memfd_create);
    report.says("sealed", "warning", "cannot make the memory");
    report.is_bad(&[]);
}

/// To a user, on a machine that systemd has booted.
#[test]
fn what_becomes_of_objects_at_logout_is_told() {
    if !Uid::effective().is_root() {
        eprintln!("not tried: only root may be another user");
        return;
    }
    let systemd = "mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system
                   mount -t tmpfs tmpfs /etc/systemd; mkdir /etc/systemd/logind.conf.d
                   set -- setpriv --reuid 4321 --clear-groups \"$@\"";
    let no = "echo RemoveIPC=no > /etc/systemd/logind.conf";
    let yes_after_all = "echo RemoveIPC=yes > /etc/systemd/logind.conf.d/50-objects.conf";
    let not_read = "echo RemoveIPC=no > /etc/systemd/logind.conf.d/60-objects.conf.disabled";
    let no_in_run = "mkdir /run/systemd/logind.conf.d
                     echo RemoveIPC=no > /run/systemd/logind.conf.d/50-objects.conf";
    let yes_in_run = "mkdir /run/systemd/logind.conf.d
                      echo RemoveIPC=yes > /run/systemd/logind.conf.d/50-objects.conf";
    let no_instead = "echo RemoveIPC=no > /etc/systemd/logind.conf.d/50-objects.conf";
    for (settings, verdict, words) in [
        (String::new(), "warning", "systemd removes your objects"),
        (no.into(), "good", "RemoveIPC=no"),
        (
            format!("{no}; {yes_after_all}"),
            "warning",
            "systemd removes your objects",
        ),
        (not_read.into(), "warning", "systemd removes your objects"),
        (no_in_run.into(), "good", "RemoveIPC=no"),
        (
            format!("{yes_in_run}; {no_instead}"),
            "good",
            "RemoveIPC=no",
        ),
    ] {
        let Some(report) = behind(&format!("{systemd}\n{settings}")) else {
            return;
        };
        report.says("at logout", verdict, words);
        report.is_bad(&[]);
    }
}

/// As a user who has no other process: root is not limited.
#[test]
fn one_who_may_start_no_thread_is_told_so() {
    if !Uid::effective().is_root() {
        eprintln!("not tried: only root can be a user that has no other process");
        return;
    }
    let script = "set -- setpriv --reuid 4321 --clear-groups prlimit --nproc=0 \"$@\"";
    let Some(report) = behind(script) else { return };
    report.says("threads", "bad", "os error 11");
    report.says("sealed", "warning", "start a thread");
    report.says("link", "bad", "os error 11");
    report.is_bad(&["link", "threads"]);
}

#[test]
fn limits_of_a_shell_are_named() {
    // None but the first three, whatever this process has.
    if let Some(report) = behind("exec 3>&- 4>&- 5>&- 6>&- 7>&-; ulimit -n 6") {
        report.says("link", "bad", "os error 24");
        report.is_bad(&["link"]);
    }
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
