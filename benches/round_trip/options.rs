//! What the command line asks for.

use std::num::NonZeroU64;
use std::path::PathBuf;

use aqueduct::position::Capacity;
use clap::Parser;

use super::processors::Processors;

/// What a blocking round trip costs.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench round_trip --")]
pub struct Options {
    /// Blocks of each competitor, in each situation
    #[arg(long, value_name = "N", default_value = "30")]
    pub blocks: NonZeroU64,
    /// Round trips of a block
    #[arg(long, value_name = "N", default_value = "10000")]
    pub trips: NonZeroU64,
    /// Messages that a link holds; as many as by default if nothing is said
    #[arg(long, value_name = "N", value_parser = capacity)]
    pub capacity: Option<Capacity>,
    /// The processors of the two processes (with taskset); wherever they are put if nothing is said
    #[arg(long, value_name = "A,B")]
    pub processors: Option<Processors>,
    /// Also writes the time of every block there
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn capacity(text: &str) -> Result<Capacity, String> {
    let messages = text.parse().map_err(|_| format!("{text} is no number"))?;
    Capacity::new(messages).map_err(|why| why.to_string())
}
