//! What the command line asks for.

use std::time::Duration;

pub const USAGE: &str = "\
usage: cargo bench --bench buffers -- [PART ...] [OPTION ...]
  PART                 pairs, threads, fairness, counts, capacities or laps; all without
  --rounds N           samples of each competitor (7)
  --millis N           length of a sample (60)
  --fair-seconds N     length of a sample of fairness (10)
  --capacity N         where it is not what varies (1024; a power of two)
  --most N             the largest count of messages in counts (10000000; up to 100000000)
  --json FILE          also writes every sample there
  --plot FILE          also draws counts, capacities and laps there, as an SVG
  --from FILE          takes the samples from there (what --json wrote) instead of measuring";

/// The parts, and how long they take.
pub struct Options {
    parts: Vec<String>,
    pub rounds: usize,
    pub sample: Duration,
    pub fair: Duration,
    pub capacity: usize,
    pub most: u64,
    pub json: Option<String>,
    pub plot: Option<String>,
    pub from: Option<String>,
}

impl Options {
    pub fn from_args() -> Result<Options, String> {
        let mut options = Options {
            parts: Vec::new(),
            rounds: 7,
            sample: Duration::from_millis(60),
            fair: Duration::from_secs(10),
            capacity: 1024,
            most: 10_000_000,
            json: None,
            plot: None,
            from: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} wants a value"))
            };
            match argument.as_str() {
                // What cargo adds.
                "--bench" => {}
                "--json" => options.json = Some(value()?),
                "--plot" => options.plot = Some(value()?),
                "--from" => options.from = Some(value()?),
                "--rounds" => options.rounds = number(&value()?)?,
                "--millis" => options.sample = Duration::from_millis(number(&value()?)?),
                "--fair-seconds" => options.fair = Duration::from_secs(number(&value()?)?),
                "--capacity" => options.capacity = number(&value()?)?,
                "--most" => options.most = number(&value()?)?,
                part if super::parts::PARTS.iter().any(|known| known.name == part) => {
                    options.parts.push(argument);
                }
                other => return Err(format!("what is {other}?")),
            }
        }
        if options.rounds == 0 || !options.capacity.is_power_of_two() {
            return Err("at least one round, and a capacity that is a power of two".into());
        }
        Ok(options)
    }

    pub fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
