//! What the doctor says of the folder of shared memory, and of what lies in it.

use aqueduct::shm::Uid;

use super::behind;
use crate::running::aqueduct;

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
            &["room", "unnamed", "object", "link"],
        ),
        (
            mount("ro"),
            "folder",
            "bad",
            "only be read",
            &["folder", "unnamed", "object", "link"],
        ),
        (mount("mode=0777"), "doors", "warning", "0777", &[]),
        (
            "mount --bind /proc /dev/shm".into(),
            "folder",
            "warning",
            "no tmpfs",
            &["unnamed", "object", "link"],
        ),
        (
            format!("{}; touch /dev/shm/other", mount("mode=1777")),
            "foreign",
            "good",
            "1 files of others, 0 things",
            &[],
        ),
        (
            format!(
                "{}; cd /dev/shm; mkfifo a; mkdir b; ln -s /etc/passwd c",
                mount("mode=1777")
            ),
            "foreign",
            "warning",
            "0 files of others, 3 things",
            &[],
        ),
        (
            "mount -t tmpfs tmpfs /dev".into(),
            "folder",
            "bad",
            "there is no /dev/shm",
            &["folder"],
        ),
        (
            "mount -t tmpfs tmpfs /proc".into(),
            "object",
            "bad",
            "/proc",
            &["object", "link"],
        ),
    ];
    let another = (
        format!(
            "{}; set -- setpriv --reuid 4321 --clear-groups \"$@\"",
            mount("mode=0755")
        ),
        "object",
        "bad",
        "no permission",
        &["unnamed", "object", "link"][..],
    );
    // Only root may be another user.
    let another = Uid::effective().is_root().then_some(another);
    for (script, what, verdict, words, bad) in table.into_iter().chain(another) {
        let Some(report) = behind(&script) else {
            return;
        };
        report.says(what, verdict, words);
        report.is_bad(bad);
    }
}

/// For a shell: a sender that is killed when it has made an object.
const KILL: &str = "killed() {
    $1 send /$2 /dev/null &
    for look in $(seq 1000); do
        if [ -e /dev/shm/$2 ]; then break; fi
        sleep 0.01
    done
    kill -KILL $!
    { wait $!; } 2>/dev/null || true
}";

#[test]
fn what_is_damaged_is_counted() {
    let program = aqueduct([]);
    let program = program.get_program().display();
    let script = format!(
        "mount -t tmpfs tmpfs /dev/shm
         {KILL}
         killed {program} left
         killed {program} right
         printf x | dd of=/dev/shm/left bs=1 seek=100 conv=notrunc status=none
         printf 9 | dd of=/dev/shm/right bs=1 seek=1543 conv=notrunc status=none
         killed {program} third
         ln /dev/shm/third /dev/shm/fourth"
    );
    if let Some(report) = behind(&script) {
        report.says("names", "good", "2 of yours, 0 of them");
        report.says("damaged", "warning", "2 of yours");
        report.says("foreign", "good", "2 that cannot be opened");
        report.is_bad(&[]);
    }
}

#[test]
fn what_the_dead_have_left_is_counted() {
    let program = aqueduct([]);
    let program = program.get_program().display();
    let script = format!(
        "mount -t tmpfs tmpfs /dev/shm
         {KILL}
         killed {program} left"
    );
    if let Some(report) = behind(&script) {
        report.says("names", "warning", "1 of yours, 1 of them left by the dead");
        report.is_bad(&[]);
    }
}
