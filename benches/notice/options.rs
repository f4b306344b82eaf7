//! What the command line asks for.

pub const USAGE: &str = "\
usage: cargo bench --bench notice -- [OPTION ...]
  --sizes N,N,...      gibibytes that are resident in a victim that is killed (0,1,4)
  --kills N            kills of each kind and size (200 for none, 100 for 1, 50 for more)
  --dumps N,N,...      the same for victims that dump their core; `none` for none (0,1)
  --dumped N           dumps of each kind and size (10)
  --apart              a processor for the victims and one for the sleeper (with taskset)
  --json FILE          also writes every sample there";

pub struct Options {
    pub sizes: Vec<usize>,
    pub dumps: Vec<usize>,
    pub dumped: usize,
    pub json: Option<String>,
    pub apart: bool,
    kills: Option<usize>,
}

impl Options {
    pub fn from_args() -> Result<Options, String> {
        let mut options = Options {
            sizes: vec![0, 1, 4],
            dumps: vec![0, 1],
            dumped: 10,
            json: None,
            apart: false,
            kills: None,
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
                "--sizes" => options.sizes = numbers(&value()?)?,
                "--dumps" => options.dumps = numbers(&value()?)?,
                "--kills" => options.kills = Some(number(&value()?)?),
                "--dumped" => options.dumped = number(&value()?)?,
                "--apart" => options.apart = true,
                "--json" => options.json = Some(value()?),
                other => return Err(format!("what is {other}?")),
            }
        }
        if options.dumped == 0 || options.kills == Some(0) {
            return Err("at least one kill".into());
        }
        Ok(options)
    }

    pub fn kills_at(&self, gibibytes: usize) -> usize {
        self.kills.unwrap_or(match gibibytes {
            0 => 200,
            1 => 100,
            _ => 50,
        })
    }
}

fn numbers(text: &str) -> Result<Vec<usize>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    text.split(',').map(number).collect()
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
