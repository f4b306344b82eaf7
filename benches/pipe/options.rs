//! What the command line asks for.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;

use super::processors::Processors;

/// How many bytes pass through a pipe in a second.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench pipe --")]
pub struct Options {
    /// Bytes of a write
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [1, 64, 4096, 65_536])]
    pub sizes: Vec<usize>,
    /// Streams of each size through each pipe
    #[arg(long, value_name = "N", default_value = "20")]
    pub blocks: NonZeroUsize,
    /// How long somebody writes, in milliseconds
    #[arg(long, value_name = "N", default_value = "100")]
    pub millis: u64,
    /// The processors of reader and writer (with taskset); wherever they are put if nothing is said
    #[arg(long, value_name = "A,B")]
    pub processors: Option<Processors>,
    /// Also writes every sample there
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}
