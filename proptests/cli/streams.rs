//! Standard streams that are not there.

use super::harness::{Running, Scene};

#[test]
fn an_output_that_is_not_there_is_refused() {
    let scene = Scene::new();
    let commands = [
        "recv NAME",
        "recv NAME -",
        "list --json",
        "demo",
        "demo --json",
    ];
    for words in commands {
        for redirection in [">&-", "1</dev/null"] {
            let mut shell = scene.shell("exec \"$@\" ", words, redirection);
            let (code, said) = Running::of(&mut shell).end();
            let found = (code, said.contains("output was closed"));
            assert_eq!(found, (1, true), "{words} {redirection}: {said}");
            scene.assert_clean();
        }
    }
}

#[test]
fn an_object_is_not_shown_to_nobody() {
    let scene = Scene::new();
    let _receiver = scene.start("recv NAME ./out --quiet");
    scene.wait_for_name();
    for words in ["show NAME", "show NAME --json", "list"] {
        let (code, said) = Running::of(&mut scene.shell("exec \"$@\" ", words, ">&-")).end();
        assert_eq!(
            (code, said.contains("output was closed")),
            (1, true),
            "{words}: {said}"
        );
    }
    // Where nothing is printed, nobody misses the output.
    let sender = Running::of(&mut scene.shell("exec \"$@\" ", "send NAME /dev/null", ">&-"));
    assert_eq!(sender.end(), (0, String::new()));
}

#[test]
fn an_input_that_is_not_there_is_no_empty_stream() {
    let scene = Scene::new();
    for redirection in ["<&-", "0>/dev/null"] {
        let mut shell = scene.shell("exec \"$@\" ", "send NAME --timeout 1s", redirection);
        let (code, said) = Running::of(&mut shell).end();
        assert_eq!(
            (code, said.contains("input is closed")),
            (1, true),
            "{said}"
        );
        scene.assert_clean();
    }
}
