//! What the fuzz targets have found is run again: each input of the corpus.
//!
//! More is found by `cargo fuzz run` and the name of a target.

#[path = "../fuzz/src/lib.rs"]
pub mod targets;

use std::fs;
use std::path::Path;

use self::targets::TARGETS;

#[test]
fn the_corpus_of_each_target_passes() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(name);
        let inputs = fs::read_dir(folder).expect("each target has a corpus");
        let mut count = 0;
        for input in inputs {
            let input = input.expect("a folder of files").path();
            // If the target fails, this says on what.
            eprintln!("{}", input.display());
            target(&fs::read(&input).expect("an input"));
            count += 1;
        }
        assert!(count > 0, "the corpus of {name} is empty");
    }
}

#[test]
fn each_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let programs = fs::read_dir(folder).expect("the programs");
    let mut programs: Vec<String> = programs
        .map(|program| {
            program
                .expect("a file")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    programs.sort();
    let expected = TARGETS.map(|(name, _)| format!("{name}.rs"));
    assert_eq!(programs, expected);
}
