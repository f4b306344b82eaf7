//! All objects of a folder that nobody else has.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal::SIGKILL;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::{clean, leave_unread, leave_unused, side};
use crate::cli::harness::{Running, Scene};
use crate::shm::helper;

/// Mounts another folder of shared memory for what is then executed.
const MOUNT: &str = "mount -t tmpfs tmpfs /dev/shm && exec \"$@\"";

/// A command in a namespace of its own, where `/dev/shm` is its own; `None` if that is not permitted.
fn in_a_folder_of_its_own(inside: &Command) -> Option<Command> {
    let unshare = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child"]);
        command.args(words).args(["sh", "-c", MOUNT, "sh"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        command
    };
    let user: &[&str] = &["--user", "--map-root-user"];
    let permitted = [&[], user].into_iter().find(|words| {
        let tried = unshare(words).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    });
    let mut command = unshare(permitted?);
    command.arg(inside.get_program()).args(inside.get_args());
    let set = inside.get_envs();
    command.envs(set.filter_map(|(key, value)| Some((key, value?))));
    Some(command)
}

#[test]
fn all_that_is_dead_is_removed_and_nothing_else() {
    let scene = Scene::new();
    let name = super::name(&scene);
    let inside = helper("cli::clean::folder::cleans_it_all", &name);
    let Some(mut command) = in_a_folder_of_its_own(&inside) else {
        eprintln!("skipped: this user may not mount a folder");
        return;
    };
    let (code, said) = Running::of(&mut command).end();
    assert_eq!(code, 0, "{said}");
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn cleans_it_all() {
    if crate::shm::name_for_helper().is_none() {
        return;
    }
    let [unread, unused, fixed, alive, foreign, link, fifo, folder] =
        std::array::from_fn(|_| Scene::new());
    leave_unread(&unread, 100);
    leave_unused(&unused);
    leave_unused(&fixed);
    let mut receiver = side(&alive, "recv NAME ./out");
    fs::write(foreign.object(), [7; 4096]).expect("a file");
    symlink(unread.object(), link.object()).expect("a link");
    mkfifo(&fifo.object(), Mode::S_IRWXU).expect("a FIFO");
    fs::create_dir(folder.object()).expect("a folder");
    // A name that cannot be removed: something is mounted there.
    let mount = |words: &[&str]| Command::new(words[0]).args(&words[1..]).status();
    let path = fixed.object();
    let path = path.to_str().expect("a plain path");
    let mounted = mount(&["mount", "--bind", path, path]).expect("mount runs");
    assert!(mounted.success());

    let (code, printed, said) = clean(&alive, "");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("cannot remove") && said.contains(&fixed.name));
    assert_eq!(printed.matches("removed").count(), 2, "{printed}");
    unread.assert_clean();
    unused.assert_clean();
    let still = [&fixed, &alive, &foreign, &link, &fifo, &folder];
    for scene in still {
        let found = fs::symlink_metadata(scene.object());
        assert!(found.is_ok(), "{}: {printed}", scene.name);
    }
    let (_, printed, _) = clean(&alive, "--verbose");
    for (scene, reason) in [(&alive, "in use"), (&foreign, "not an aqueduct")] {
        let mut lines = printed.lines();
        let line = lines.find(|line| line.contains(&scene.name)).expect("told");
        assert!(line.starts_with("kept") && line.contains(reason), "{line}");
    }
    receiver.signal(SIGKILL);
    receiver.end();
}
