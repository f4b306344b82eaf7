//! Three write lines into one pipe, and one reads them: no line is torn.

use std::io::{BufRead, Write};
use std::thread;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (writer, reader) = aqueduct::threads::pipe(65_536)?;
    let writing = ["spring", "river", "sea"].map(|name| {
        let mut writer = writer.clone();
        thread::spawn(move || -> std::io::Result<()> {
            for number in 1..=3 {
                // One write for each line.
                writer.write_all(format!("{name} {number}\n").as_bytes())?;
            }
            Ok(())
        })
    });
    drop(writer); // the last one to go ends the file
    let mut lines = 0;
    for line in reader.lines() {
        println!("{}", line?);
        lines += 1;
    }
    for thread in writing {
        thread.join().expect("it does not panic")?;
    }
    assert_eq!(lines, 9);
    Ok(())
}

#[test]
fn each_line_is_whole() {
    main().unwrap();
}
