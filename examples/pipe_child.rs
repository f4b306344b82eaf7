//! Parent and child over an ordinary pipe of the kernel: the child inherits the end that reads.

use std::io::Write;
use std::process::{Command, Stdio};

use aqueduct::kernel;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut writer, reader) = kernel::pipe()?;
    let mut child = Command::new("sort").stdin(Stdio::from(reader)).spawn()?;
    writer.write_all(b"water\nflows\ndownhill\n")?;
    drop(writer); // the child finds the end of the file
    let status = child.wait()?;
    assert!(status.success());
    Ok(())
}
