//! The demo, to its end and not.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal::{SIGINT, SIGTERM};

use super::harness::{Scene, until};

/// How often the demo kills.
const KILLS: u64 = 5;

#[test]
fn the_demo_sees_what_it_promises() {
    let scene = Scene::new();
    let output = scene.start("demo --json").output();
    assert!(output.status.success(), "{output:?}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["same"], true);
    assert_eq!(said["kills"], KILLS);
    for key in ["median", "least", "greatest"] {
        let notice = said["kill_to_notice_us"][key].as_f64();
        assert!(
            notice.is_some_and(|us| us.is_finite() && us > 0.0),
            "{said}"
        );
    }
    let ratio = said["ratio"].as_f64();
    assert!(
        ratio.is_some_and(|ratio| ratio.is_finite() && ratio > 0.0),
        "{said}"
    );
}

#[test]
fn an_interrupted_demo_leaves_nothing() {
    for signal in [SIGINT, SIGTERM] {
        let scene = Scene::new();
        let mut demo = scene.start("demo --json");
        let own = format!("aqueduct-demo-{}", demo.child().id());
        let (object, folder) = (
            Path::new("/dev/shm").join(&own),
            std::env::temp_dir().join(&own),
        );
        until("the object of the demo", || object.exists());
        assert!(folder.exists());
        demo.signal(signal);
        assert_eq!(demo.end(), (130, "aqueduct: interrupted\n".into()));
        assert!(!object.exists() && !folder.exists(), "{own} is left behind");
        let parts = fs::read_dir("/proc").expect("the processes").flatten();
        let left = parts.filter(|part| {
            let line = fs::read(part.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&own)
        });
        assert_eq!(left.count(), 0, "a process is left behind");
    }
}
