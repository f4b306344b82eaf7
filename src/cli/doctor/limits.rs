//! What this user may use, and for how long.

use std::fs;
use std::path::Path;

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
    limits.into_iter().chain([at_logout()]).collect()
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
    let files = fs::read_dir("/etc/systemd/logind.conf.d").into_iter();
    let mut files: Vec<_> = files.flatten().flatten().map(|file| file.path()).collect();
    // The last word counts.
    files.sort();
    files.insert(0, "/etc/systemd/logind.conf".into());
    let texts = files
        .into_iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    if removes(&texts.collect::<Vec<_>>().join("\n")) {
        let advice = "who works on without a session loses them: `RemoveIPC=no` in \
                      /etc/systemd/logind.conf, and `systemctl restart systemd-logind`";
        return Finding::warning(what, "systemd removes your objects (`RemoveIPC`)", advice);
    }
    Finding::good(what, "objects stay (`RemoveIPC=no`)")
}

/// What these settings say of `RemoveIPC`, which is on if they say nothing.
fn removes(settings: &str) -> bool {
    let said = settings.lines().rev().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "RemoveIPC").then(|| value.trim().to_ascii_lowercase())
    });
    said.is_none_or(|value| !["no", "false", "off", "0"].contains(&value.as_str()))
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
        ] {
            assert_eq!(removes(settings), expected, "{settings}");
        }
    }
}
