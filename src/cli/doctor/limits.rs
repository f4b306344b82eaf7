//! What this user may use, and for how long.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use aqueduct::shm::Uid;
use indicatif::BinaryBytes;
use nix::libc::{RLIM_INFINITY, rlim_t};
use nix::sys::resource::{Resource, getrlimit};

use super::Finding;

/// As many as a shell usually allows.
const FILES: rlim_t = 1024;
/// What an unbounded mailbox takes of addresses; of memory it takes what lies in it.
const ADDRESSES: rlim_t = 1 << 41;
/// Users with a lower number are the system's, whose objects stay.
const FIRST_USER: u32 = 1000;

pub(super) fn look() -> Vec<Finding> {
    let limits = [
        limit("files", Resource::RLIMIT_NOFILE, FILES, |files| {
            format!("{files} at a time")
        }),
        limit("file size", Resource::RLIMIT_FSIZE, RLIM_INFINITY, bytes),
        limit("addresses", Resource::RLIMIT_AS, ADDRESSES, bytes),
    ];
    limits.into_iter().chain([threads(), at_logout()]).collect()
}

/// Whether a thread can be started.
fn threads() -> Finding {
    match thread::Builder::new().spawn(|| ()) {
        Ok(_) => Finding::good("threads", "one can be started"),
        Err(why) => {
            let advice = "each attachment has one: `ulimit -u` for a user, `pids.max` of a container, \
                          `--pids-limit`; or end some processes";
            Finding::bad("threads", why.to_string(), advice)
        }
    }
}

fn bytes(limit: rlim_t) -> String {
    format!("{} at the most", BinaryBytes(limit))
}

/// A limit of this process, which should be no lower than `enough`.
fn limit(
    what: &'static str,
    resource: Resource,
    enough: rlim_t,
    words: impl FnOnce(rlim_t) -> String,
) -> Finding {
    let advice = match resource {
        Resource::RLIMIT_NOFILE => "each attachment holds some open: `ulimit -n 4096`",
        Resource::RLIMIT_FSIZE => "larger links cannot be made: `ulimit -f unlimited`",
        _ => "unbounded mailboxes cannot be made: `ulimit -v unlimited`",
    };
    match getrlimit(resource) {
        Ok((RLIM_INFINITY, _)) => Finding::good(what, "any number"),
        Ok((soft, _)) if soft >= enough => Finding::good(what, words(soft)),
        Ok((soft, _)) => Finding::warning(what, words(soft), advice),
        Err(why) => Finding::warning(what, why.to_string(), advice),
    }
}

/// Whether the objects of this user go when it logs out.
fn at_logout() -> Finding {
    let what = "at logout";
    let is_the_systems = Uid::effective().as_raw() < FIRST_USER;
    if is_the_systems || !Path::new("/run/systemd/system").exists() {
        return Finding::good(what, "objects stay");
    }
    if removes(&settings()) {
        let advice = "who works on without a session loses them: `RemoveIPC=no` in \
                      /etc/systemd/logind.conf, and `systemctl restart systemd-logind`";
        return Finding::warning(what, "systemd removes your objects (`RemoveIPC`)", advice);
    }
    Finding::good(what, "objects stay (`RemoveIPC=no`)")
}

/// Where systemd looks for settings, and what counts least comes first (`logind.conf(5)`).
const SYSTEMD: [&str; 4] = [
    "/usr/lib/systemd",
    "/usr/local/lib/systemd",
    "/run/systemd",
    "/etc/systemd",
];

/// All settings of logind, the last word last: the file that counts most, and then those beside it in
/// the order of their names, of those with one name the one that counts most.
fn settings() -> String {
    let main = SYSTEMD.map(|folder| Path::new(folder).join("logind.conf"));
    let main = main.into_iter().rev().find(|file| file.exists());
    let beside = SYSTEMD.map(|folder| Path::new(folder).join("logind.conf.d"));
    let beside = beside.iter().flat_map(fs::read_dir).flatten().flatten();
    let beside: BTreeMap<_, PathBuf> = beside
        .map(|file| (file.file_name(), file.path()))
        .filter(|(_, path)| path.extension().is_some_and(|ending| ending == "conf"))
        .collect();
    let files = main.into_iter().chain(beside.into_values());
    let texts = files.filter_map(|file| fs::read_to_string(file).ok());
    texts.collect::<Vec<_>>().join("\n")
}

/// What these settings say of `RemoveIPC`, which is on if they say nothing. What is no truth value says
/// nothing.
fn removes(settings: &str) -> bool {
    let said = settings.lines().rev().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().to_ascii_lowercase();
        match value.as_str() {
            _ if key.trim() != "RemoveIPC" => None,
            "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
            "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
            _ => None,
        }
    });
    said.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_removal_counts() {
        for (settings, expected) in [
            ("", true),
            ("#RemoveIPC=no", true),
            ("[Login]\nRemoveIPC=no", false),
            ("RemoveIPC = No\nKillUserProcesses=yes", false),
            ("RemoveIPC=no\nRemoveIPC=yes", true),
            ("RemoveIPC=n\nRemoveIPC=perhaps", false),
        ] {
            assert_eq!(removes(settings), expected, "{settings}");
        }
    }
}
