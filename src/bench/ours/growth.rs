//! How costs grow: with the messages of a stream, with the capacity, and with the number of links.

use std::fs;

use super::{WORDS, about, links, rings};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::bench::contestant::{About, Contestant, Made, made};
use crate::bench::course::Course;
use crate::bench::ends::{RecvWord, SendWord};
use crate::bench::sample::Sample;
use crate::bench::sides::Between;
use crate::bench::{Failure, traffic};
use crate::buffer::mpmc;
use crate::buffer::unbounded::{self, Shape};
use crate::open::{Options, Receiver, Sender};
use crate::platform::Platform;
use crate::platform::native::Native;
use crate::position::Capacity;
use crate::select::Select;
use crate::shm::Name;
use crate::threads::{self, bounded};

/// Messages of a stream, as powers of ten.
const MESSAGES: [u32; 5] = [5, 6, 7, 8, 9];

/// Capacities, as powers of two.
const CAPACITIES: [u32; 5] = [4, 8, 12, 16, 20];

/// Numbers of links.
const LINKS: [usize; 4] = [1, 10, 100, 1000];

/// Words that each of many links holds.
const FEW: usize = 16;

pub fn all(most: u64) -> Vec<Contestant> {
    let mut all = Vec::new();
    all.extend(streams("ring", Between::Processes, most, |name| {
        rings::shared::<u64>(name, WORDS)
    }));
    all.extend(streams("link", Between::Processes, most, links::words));
    // A tenth: they take ten times as long.
    let less = most / 10;
    all.extend(streams("unbounded", Between::Threads, less, |_| {
        unbounded(WORDS)
    }));
    all.extend(streams("mpmc", Between::Threads, less, |_| mpmc(WORDS)));
    all.extend(CAPACITIES.map(between_processes));
    all.extend(CAPACITIES.map(|power| on_one_thread("one thread", power, rings::local)));
    all.extend(CAPACITIES.map(|power| on_one_thread("unbounded, one thread", power, unbounded)));
    all.extend(CAPACITIES.map(|power| on_one_thread("mpmc, one thread", power, mpmc)));
    all.extend(LINKS.map(in_turn));
    all.extend(LINKS.map(in_a_select));
    all.extend(LINKS.map(attaching));
    all.extend(LINKS.map(memory));
    all
}

/// What is said of `what`, of which there is so much.
fn of(between: Between, what: &str, size: &str) -> About {
    about(between, &format!("{what}, {size}"), what)
}

/// More and more numbers, `most` at the most.
fn streams<A, B>(
    what: &'static str,
    between: Between,
    most: u64,
    make: impl Fn(&str) -> Made<A, B> + Copy + 'static,
) -> impl Iterator<Item = Contestant>
where
    A: RecvWord + 'static,
    B: SendWord + 'static,
{
    let counts = MESSAGES.map(|power| (power, 10_u64.pow(power))).into_iter();
    let counts = counts.filter(move |&(_, count)| count <= most);
    counts.map(move |(power, count)| {
        let about = of(between, what, &format!("10^{power}"));
        Contestant::counted(about, count, make)
    })
}

/// A side that spins until this has pushed a number.
struct Pushes<F>(F);

impl<F: FnMut(u64) -> bool> SendWord for Pushes<F> {
    #[inline]
    fn send(&mut self, word: u64) {
        while !(self.0)(word) {
            Native::spin();
        }
    }
}

/// A side that spins until this has popped a number.
struct Pops<F>(F);

impl<F: FnMut() -> Option<u64>> RecvWord for Pops<F> {
    #[inline]
    fn recv(&mut self) -> u64 {
        loop {
            if let Some(word) = (self.0)() {
                return word;
            }
            Native::spin();
        }
    }
}

/// The buffer that grows, with a limit.
fn unbounded(capacity: usize) -> Made<impl RecvWord + use<>, impl SendWord + use<>> {
    let shape = Shape::new(Capacity::new(capacity)?)?;
    let (mut producer, mut consumer) = unbounded::on_heap::<Native, u64>(shape)?;
    made(
        || Pops(move || consumer.pop().ok()),
        || Pushes(move |word| producer.push(word).is_ok()),
    )
}

/// The ring of many.
fn mpmc(capacity: usize) -> Made<impl RecvWord + use<>, impl SendWord + use<>> {
    let (producer, consumer) = mpmc::on_heap::<Native, u64>(Capacity::new(capacity)?)?;
    made(
        || Pops(move || consumer.pop().ok()),
        || Pushes(move |word| producer.push(word).is_ok()),
    )
}

fn between_processes(power: u32) -> Contestant {
    let about = of(Between::Processes, "two processes", &format!("2^{power}"));
    let make = move |name: &str| rings::shared::<u64>(name, 1 << power);
    let (drain, feed) = (traffic::drain, traffic::feed);
    Contestant::of_two(Course::Capacities, about, make, drain, feed)
}

/// A push and a pop in turns, through one slot after the other.
fn on_one_thread<A: RecvWord + 'static, B: SendWord + 'static>(
    what: &str,
    power: u32,
    make: impl Fn(usize) -> Made<A, B> + 'static,
) -> Contestant {
    let about = of(Between::Threads, what, &format!("2^{power}"));
    Contestant::alone(Course::Capacities, about, move |_| {
        let (receiver, sender) = make(1 << power)?;
        let (mut receiver, mut sender) = (receiver(), sender());
        Ok(move |number| {
            sender.send(number);
            assert_eq!(receiver.recv(), number);
        })
    })
}

type Ends = (Vec<threads::Sender<u64>>, Vec<threads::Receiver<u64>>);

fn many(links: usize) -> Result<Ends, Failure> {
    let ends = (0..links).map(|_| bounded(FEW));
    Ok(ends.collect::<Result<Vec<_>, _>>()?.into_iter().unzip())
}

/// Which of so many links carries message `number`.
fn turn(number: u64, links: usize) -> usize {
    usize::try_from(number % links as u64).expect("an index")
}

fn in_turn(count: usize) -> Contestant {
    let about = of(Between::Threads, "links", &count.to_string()).spins_first();
    Contestant::alone(Course::Links, about, move |_| {
        let (mut senders, mut receivers) = many(count)?;
        Ok(move |number| {
            let link = turn(number, count);
            senders[link].send(number).expect("there is room");
            assert_eq!(receivers[link].recv(), Ok(number));
        })
    })
}

fn in_a_select(count: usize) -> Contestant {
    let about = of(Between::Threads, "links", &count.to_string()).spins_first();
    Contestant::alone(Course::Selects, about, move |_| {
        let (mut senders, receivers) = many(count)?;
        // It lives as long as this process, which ends with the sample.
        let receivers = Box::leak(receivers.into_boxed_slice());
        let mut select = Select::new(receivers)?;
        Ok(move |number| {
            let link = turn(number, count);
            senders[link].send(number).expect("there is room");
            assert_eq!(select.wait_forever(), (link, Ok(number)));
        })
    })
}

/// Both ends of a link on a name.
type Pair = (Sender<u64>, Receiver<u64>);

/// A link on a name that nobody else knows.
fn on_a_name(name: &str) -> Result<Pair, Failure> {
    let options = Options::new().capacity(Capacity::new(FEW)?);
    let name = Name::parse(name)?;
    let (sender, receiver) = (options.sender(&name)?, options.receiver(&name)?);
    receiver.end().remove_name()?;
    Ok((sender, receiver))
}

/// So many of them, each of which takes some descriptors.
fn on_names(name: &str, count: usize) -> Result<Vec<Pair>, Failure> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    (0..count)
        .map(|number| on_a_name(&format!("{name}-{number}")))
        .collect()
}

fn attaching(count: usize) -> Contestant {
    let about = of(Between::Threads, "beside", &count.to_string());
    Contestant::alone(Course::Attaching, about, move |name| {
        let others = on_names(name, count)?;
        let name = name.to_string();
        Ok(move |number| {
            on_a_name(&format!("{name}-more-{number}")).expect("as the others were");
            let _kept = &others;
        })
    })
}

fn memory(count: usize) -> Contestant {
    let about = of(Between::Threads, "links", &count.to_string());
    Contestant::new(Course::Memory, about, move |stand| {
        // The first one brings what is there once.
        let _first = on_names(&format!("{}-first", stand.name), 1)?;
        let before = resident()?;
        let _links = on_names(&stand.name, count)?;
        let bytes = resident()?.saturating_sub(before) as f64;
        Ok(Sample::of_mean(count as u64, bytes / count as f64))
    })
}

/// Bytes of memory that this process has, its part of what it shares with others. Its program aside, of
/// which its part changes when others run it.
fn resident() -> Result<u64, Failure> {
    let all = fs::read_to_string("/proc/self/smaps_rollup")?;
    let kilobytes = |kind| -> Result<u64, Failure> {
        let line = all.lines().find_map(|line| line.strip_prefix(kind));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let number = number.ok_or("the kernel does not say how much memory there is")?;
        Ok(number.parse()?)
    };
    Ok((kilobytes("Pss_Anon:")? + kilobytes("Pss_Shmem:")?) << 10)
}
