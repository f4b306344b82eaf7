//! What the command line asks for.

use std::num::{NonZeroUsize, ParseIntError};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;

use super::kill::Until;
use super::processors::Processors;

/// How soon a sleeping peer notices a kill.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench notice --")]
pub struct Options {
    /// Gibibytes that are resident in a victim that is killed
    #[arg(long, value_name = "N,...", default_value = "0,1,4")]
    pub sizes: Sizes,
    /// Kills of each kind and size [default: 200 for none, 100 for 1, 50 for more]
    #[arg(long, value_name = "N")]
    kills: Option<NonZeroUsize>,
    /// The same for victims that dump their core; `none` for none
    #[arg(long, value_name = "N,...", default_value = "0,1")]
    pub dumps: Sizes,
    /// Dumps of each kind and size
    #[arg(long, value_name = "N", default_value = "10")]
    pub dumped: NonZeroUsize,
    /// What is waited for
    #[arg(long, value_name = "WHAT,...", value_delimiter = ',', default_values_t = Until::ALL, value_enum)]
    pub until: Vec<Until>,
    /// A processor for the victims and one for the sleeper (with taskset)
    #[arg(long)]
    apart: bool,
    /// Also writes every sample there
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// The first two, if they are to be apart.
    pub fn processors(&self) -> Option<Processors> {
        self.apart.then_some(Processors { own: 0, peer: 1 })
    }

    pub fn kills_at(&self, gibibytes: usize) -> usize {
        let usual = match gibibytes {
            0 => 200,
            1 => 100,
            _ => 50,
        };
        self.kills.map_or(usual, NonZeroUsize::get)
    }
}

/// Some sizes, or none.
#[derive(Clone)]
pub struct Sizes(pub Vec<usize>);

impl FromStr for Sizes {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Sizes, ParseIntError> {
        if text == "none" {
            return Ok(Sizes(Vec::new()));
        }
        let sizes = text.split(',').map(str::parse);
        Ok(Sizes(sizes.collect::<Result<_, _>>()?))
    }
}
