//! A process is killed with SIGKILL at each of its accesses to real shared memory, and what its
//! survivors see is among what the model of the same script has for a death at that access.
//!
//! ```text
//!   script ---- on the model's machine, killed before access k ----> all outcomes
//!          ---- a helper process on `Stepped`, SIGKILL before k ----> one of them
//! ```
//!
//! A script is written once, generic over the machine, and so are the accesses that are counted.
//! An outcome begins with the place in the source before which the victim was killed, so the two
//! counts are compared as well; nothing of it is listed by hand. The mapping, the seats' locks, the
//! keeper of the life word and the futex are real.

mod machine;
mod modelled;
mod news;
mod real;
mod ring;
mod script;
mod soon;
mod spread;
mod survivor;
mod victim;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::spin_loop;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::model::Site;
use aqueduct::shm::{Object, Uid};
use nix::sys::signal::{Signal, raise};

pub use self::machine::Stepped;
use self::modelled::{Outcomes, outcomes};
use self::news::News;
use self::real::{LEN, Real, place};
use self::script::Script;
use self::soon::Soon;
pub use self::spread::Spread;
use self::survivor::{Fate, survive};
use self::world::{Who, World};
use crate::shm::{Scratch, helper, name_for_helper};

/// How many kills a plain run has at the least.
const KILLS: usize = 2_000;

/// A helper process; killed at the end, if it still runs.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Victim {
    /// Starts it and waits until it acts. Then nobody needs the name any more.
    fn start(world: &Real<Soon>, scratch: Scratch, pause: usize) -> Victim {
        let mut command = helper("stepped::is_killed", &scratch.name());
        let victim = Victim(command.stdout(Stdio::null()).spawn().expect("it starts"));
        world.news().await_begin();
        drop(scratch);
        (0..pause).for_each(|_| spin_loop());
        victim
    }

    /// Waits for its end, which comes: where it waits it has a deadline.
    fn end(mut self, world: &Real<Soon>) -> Fate {
        let status = self.0.wait().expect("our child");
        let killed_before = world.news().read();
        let expected = match killed_before {
            Some(_) => status.signal() == Some(Signal::SIGKILL as i32),
            None => status.success(),
        };
        assert!(expected, "the victim ended with {status}");
        let returned = world.news().returned.load(Relaxed);
        Fate {
            killed_before,
            returned,
        }
    }
}

/// Says what was run when a survivor panics.
struct Case<'a>(&'a Script, usize);

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}; at access {}", self.0, self.1);
        }
    }
}

/// Runs a script, its victim killed before access `last`, and says what was seen.
fn run(index: usize, script: &Script, last: usize, pause: usize) -> String {
    let _case = Case(script, last);
    let scratch = Scratch::new();
    let create = Object::create(scratch.name(), LEN, 0o600, |mapping| place(mapping, script));
    let world = Real::<Soon>::open(&Arc::new(create.expect("it is created")), script);
    let number = |number: usize| u32::try_from(number).expect("a small number");
    world.news().script.store(number(index), Relaxed);
    world.news().last.store(number(last), Relaxed);
    let start = || Victim::start(&world, scratch, pause);
    survive(&world, script, start, |victim| victim.end(&world))
}

/// In a helper process: the world, for the last moment.
static WORLD: OnceLock<Arc<Real<Stepped>>> = OnceLock::new();

/// In a helper process: writes down where it is, and is killed.
fn die(site: Site) -> ! {
    let world = WORLD.get().expect("it was set before");
    world.news().write(&site.to_string());
    let answer = raise(Signal::SIGKILL);
    unreachable!("nothing survives SIGKILL: {answer:?}")
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn is_killed() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let object = Arc::new(Object::open(name, Uid::effective()).expect("the parent made it"));
    let mapping = object.map(LEN).expect("it can be mapped");
    let script = script::all()[News::of(&mapping).script.load(Relaxed) as usize];
    let world = Real::<Stepped>::open(&object, &script);
    let world = WORLD.get_or_init(|| world);
    world.lock(script.victim);
    if script.seated() {
        world.sit(script.victim, Who::Victim);
    }
    Stepped::count(world.news().last.load(Relaxed) as usize, die);
    world.news().begin();
    victim::act(world, &script);
    std::process::exit(0); // without a word, unless the script has said goodbye
}

/// One script, what the model has, and what was seen.
struct Swept {
    script: Script,
    modelled: Outcomes,
    kills: usize,
    /// Runs in which the victim came to its end.
    ends: usize,
    seen: BTreeSet<(usize, String)>,
    exploring: Duration,
}

impl Swept {
    /// Explores the script.
    fn explore(script: Script) -> Result<Swept, String> {
        let start = Instant::now();
        let modelled = outcomes(&script, script.bound());
        Ok(Swept {
            script,
            modelled: modelled.map_err(|failure| failure.to_string())?,
            kills: 0,
            ends: 0,
            seen: BTreeSet::new(),
            exploring: start.elapsed(),
        })
    }

    /// Runs the script `repetitions` times with the victim killed before each access. The first
    /// outcome that the model does not have is an error.
    fn kill(&mut self, index: usize, repetitions: usize) -> Result<(), String> {
        let repetitions = repetitions * self.script.weight();
        for turn in 0..repetitions * self.modelled.at.len() {
            let last = turn % self.modelled.at.len() + 1;
            // The survivor's one look comes at all moments.
            let pause = (index * 311 + turn * 37) % 4_000;
            let seen = run(index, &self.script, last, pause);
            let modelled = &self.modelled.at[last - 1];
            if !modelled.contains(&seen) {
                return Err(self.unexpected(last, &seen));
            }
            let ended = Fate::is_an_end(&seen);
            self.kills += usize::from(!ended);
            self.ends += usize::from(ended);
            self.seen.insert((last, seen));
        }
        Ok(())
    }

    fn unexpected(&self, last: usize, seen: &str) -> String {
        let script = &self.script;
        let modelled = self.modelled.at[last - 1].iter().map(String::as_str);
        let modelled = modelled.collect::<Vec<_>>().join("\n  model ");
        format!("{script}; at access {last}:\n  seen  {seen}\n  model {modelled}")
    }
}

/// Kills at each access of each script, `repetitions` times, and compares; the number of kills.
fn sweep(repetitions: usize) -> usize {
    let start = Instant::now();
    let scripts: Vec<_> = script::all().into_iter().enumerate().collect();
    let (next, exploring) = (AtomicUsize::new(0), Mutex::new(()));
    let (all, faults) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    // Two explorations at once in one process wait for each other, so while one thread explores the
    // other one kills.
    let sweep = |index, script| {
        let alone = exploring.lock().expect("no panic");
        let mut swept = Swept::explore(script)?;
        drop(alone);
        swept.kill(index, repetitions)?;
        all.lock().expect("no panic").push(swept);
        Ok(())
    };
    let work = || {
        while let Some(&(index, script)) = scripts.get(next.fetch_add(1, Relaxed)) {
            let swept: Result<(), String> = sweep(index, script);
            faults.lock().expect("no panic").extend(swept.err());
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let faults = faults.into_inner().expect("no panic");
    let (count, of) = (faults.len(), scripts.len());
    assert_eq!(count, 0, "{count} of {of} scripts\n{}", faults.join("\n"));
    print(&all.into_inner().expect("no panic"), start.elapsed())
}

/// Prints what was seen, also where the output of tests that pass is not shown; the number of kills.
fn print(all: &[Swept], duration: Duration) -> usize {
    let mut kinds: BTreeMap<String, [usize; 7]> = BTreeMap::new();
    for swept in all {
        let has = swept.modelled.at.iter().map(BTreeSet::len).sum();
        let points = swept.modelled.at.len() - 1;
        let executions = swept.modelled.executions;
        let (kills, ends, seen) = (swept.kills, swept.ends, swept.seen.len());
        let row = [1, points, kills, ends, seen, has, executions];
        let sums = kinds.entry(swept.script.kind()).or_default();
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value);
    }
    let kills = kinds.values().map(|row| row[2]).sum();
    let exploring: Duration = all.iter().map(|swept| swept.exploring).sum();
    let mut lines = vec![format!(
        "stepped: {kills} kills, each as in the model ({exploring:.1?} of exploring, {duration:.1?} in all)"
    )];
    for (kind, [places, points, kills, ends, seen, has, executions]) in kinds {
        lines.push(format!(
            "  {kind}: {kills} kills at {points} points in {places} places, {ends} ends; {seen} of \
             {has} outcomes; {executions} executions of the model"
        ));
    }
    let _ = std::io::stderr().write_all((lines.join("\n") + "\n").as_bytes());
    kills
}

#[test]
fn a_kill_at_each_access_leaves_what_the_model_has() {
    let kills = sweep(2);
    assert!(kills >= KILLS, "{kills} kills");
}

#[test]
#[ignore = "the long form"]
fn a_kill_at_each_access_leaves_what_the_model_has_many_times() {
    sweep(20);
}

/// Where the model's preemptions are bounded, one more adds no outcome: a kill is not compared with
/// too little.
#[test]
#[ignore = "the long form"]
fn one_more_preemption_adds_no_outcome() {
    let bounded = script::all()
        .into_iter()
        .filter(|script| script.bound().is_some());
    let mut count = 0;
    for script in bounded {
        let [few, more] = [0, 1].map(|more| {
            let bound = script.bound().map(|bound| bound + more);
            outcomes(&script, bound).unwrap_or_else(|failure| panic!("{failure}"))
        });
        assert_eq!(few.at, more.at, "{script}");
        assert!(few.executions < more.executions);
        count += 1;
    }
    assert_ne!(count, 0, "no script has a bound");
}
