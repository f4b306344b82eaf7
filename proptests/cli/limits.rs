//! What happens at the limits that a shell can set.

use super::harness::{Running, Scene};

#[test]
fn a_file_that_may_not_grow_is_no_space() {
    let scene = Scene::new();
    scene.file("in", 5_000_000);
    let sender = scene.start("send NAME ./in");
    // Whoever comes first makes the object, which is a file that has to grow, too.
    scene.wait_for_name();
    let mut shell = scene.shell("ulimit -f 1000; exec \"$@\" ", "recv NAME ./out", "");
    let (code, said) = Running::of(&mut shell).end();
    assert_eq!(
        (code, said.contains("cannot write to")),
        (5, true),
        "{said}"
    );
    assert_eq!(sender.end().0, 3);
    scene.assert_clean();
}

#[test]
fn too_many_files_is_an_error_with_advice() {
    let scene = Scene::new();
    for limit in 4..8 {
        let script = format!("ulimit -n {limit}; exec \"$@\" ");
        let mut shell = scene.shell(&script, "send NAME /dev/null --timeout 50ms", "");
        let (code, said) = Running::of(&mut shell).end();
        if said.contains("Too many open files") {
            assert_eq!((code, said.contains("ulimit -n")), (1, true), "{said}");
        } else {
            // The loader cannot start the program with fewer.
            assert!(matches!(code, 7 | 127 | -1), "{code}: {said}");
        }
    }
    scene.assert_clean();
}
