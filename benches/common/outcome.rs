//! How a bench ends, and what it leaves.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

/// Says what went wrong, if anything did.
pub fn exit(outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Writes every sample to the file, if one is asked for.
pub fn keep(file: Option<&Path>, samples: &impl Serialize) -> Result<(), Box<dyn Error>> {
    if let Some(file) = file {
        let json = serde_json::to_string_pretty(samples)?;
        fs::write(file, format!("{json}\n"))?;
    }
    Ok(())
}
