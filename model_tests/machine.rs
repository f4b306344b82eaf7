//! The machine's own tests: what it must report, and what it must let pass.

use crate::Test;
use aqueduct::model::{
    self, Access, AtomicU32, AtomicU64, Defect, FUTEX_OWNER_DIED, FUTEX_WAITERS, Failure, Machine,
    Model, Part, Report, Sweep, deaths, deaths_after_suspicion,
};
use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use aqueduct::platform::{Atomic, Cell, Futex, Platform};
use std::sync::Arc;
use std::time::Duration;

type Slot<T> = <Machine as Platform>::Cell<T>;

pub(crate) fn tests() -> Vec<Test> {
    vec![
        ("one execution is an error", one_execution),
        ("an unexpected outcome is an error", unexpected_outcome),
        ("a missing outcome is an error", missing_outcome),
        (
            "a panic is an error, and the next exploration is clean",
            panic_and_again,
        ),
        ("a race is reported", race),
        ("a failure tells what was done", steps),
        ("an endless loop is reported", endless),
        ("a lost wake-up is a deadlock", lost_wake_up),
        ("a handshake of sleeper and waker passes", handshake),
        ("the timer fires at every moment", timer),
        ("a wait returns for no reason", spurious),
        ("two plain stores break the discipline", discipline_stores),
        (
            "a hand-over keeps the discipline, both ways",
            discipline_hand_over,
        ),
        (
            "a relaxed change beside a plain store breaks the discipline",
            discipline_change,
        ),
        ("a ring that reads its own index", ring),
        ("fences, both orders", fences),
        (
            "known limit: an acquire fence takes too much",
            acquire_fence,
        ),
        ("a compare-exchange fails with an old value", old_failure),
        ("cells side by side", cells),
        ("death at every access of two stores", two_stores),
        ("a death that is not noticed is found", death_found),
        ("the kernel wakes a sleeper of the dead", owner_died),
        ("the kernel leaves a word that is not the dead's", not_owner),
        (
            "a death orders what was before, unless switched off",
            unordered_death,
        ),
        ("a marked word is a suspicion only", suspicion),
        ("two deaths in one execution", two_dead),
        ("the sweep finds what is needed and what is not", sweep),
        ("what is argued for is weakened together", argued_together),
    ]
}

/// A cell and a flag that says that it is full.
struct Message {
    cell: Slot<u32>,
    flag: AtomicU32,
}

// SAFETY: the model machine reports accesses of the cell that are not ordered.
unsafe impl Sync for Message {}

impl Message {
    fn new() -> Arc<Message> {
        Arc::new(Message {
            cell: Slot::new(0),
            flag: AtomicU32::new(0),
        })
    }

    fn write(&self, value: u32) {
        // SAFETY: the machine reports a race before the pointer is used.
        self.cell.with_mut(|cell| unsafe { *cell = value });
    }

    fn read(&self) -> u32 {
        // SAFETY: the machine reports a race before the pointer is used.
        self.cell.with(|cell| unsafe { *cell })
    }
}

fn expect<T: std::fmt::Debug>(
    result: Result<T, Failure>,
    expected: impl Fn(&Failure) -> bool,
) -> Result<(), String> {
    match result {
        Err(failure) if expected(&failure) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn passes(result: Result<Report, Failure>) -> Result<(), String> {
    let report = result.map_err(|failure| failure.to_string())?;
    if std::env::var_os("MODEL_REPORTS").is_some() {
        eprintln!("{report:?}");
    }
    Ok(())
}

fn is(defect: Defect) -> impl Fn(&Failure) -> bool {
    move |failure| matches!(failure, Failure::Panicked { defect: found, .. } if *found == defect)
}

fn one_execution() -> Result<(), String> {
    let model = Model::new("alone", || AtomicU32::new(1).load(Relaxed)).at_least(1);
    expect(model.explore(), |failure| {
        matches!(failure, Failure::OneExecution { .. })
    })
}

/// A store by another thread, and a load: 0 or 1.
fn store_and_load() -> Model {
    Model::new("store and load", || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Relaxed)
        });
        let seen = word.load(Relaxed);
        thread.join().unwrap();
        seen
    })
}

fn unexpected_outcome() -> Result<(), String> {
    passes(store_and_load().outcomes(["0", "1"]).explore())?;
    expect(
        store_and_load().outcomes(["0"]).explore(),
        |failure| matches!(failure, Failure::UnexpectedOutcome { outcome, .. } if outcome == "1"),
    )
}

fn missing_outcome() -> Result<(), String> {
    expect(
        store_and_load().outcomes(["0", "1", "2"]).explore(),
        |failure| matches!(failure, Failure::MissingOutcome { outcome, .. } if outcome == "2"),
    )?;
    expect(store_and_load().at_least(1_000).explore(), |failure| {
        matches!(failure, Failure::TooFewExecutions { .. })
    })?;
    expect(store_and_load().at_most(1).explore(), |failure| {
        matches!(failure, Failure::TooManyExecutions { .. })
    })
}

/// What is dropped while a failure unwinds must not bring the model down.
struct StoresWhenDropped(Arc<AtomicU32>);

impl Drop for StoresWhenDropped {
    fn drop(&mut self) {
        self.0.store(7, Relaxed);
        let killed_or_alive = self.0.compare_exchange(7, 8, AcqRel, Relaxed);
        assert!(killed_or_alive.is_ok());
    }
}

fn panic_and_again() -> Result<(), String> {
    let model = Model::new("panics", || {
        let word = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&word);
        let thread = model::spawn(move || {
            let dropped = StoresWhenDropped(other);
            assert_eq!(dropped.0.load(Relaxed), 0, "it is not zero");
            std::mem::forget(dropped);
        });
        word.store(1, Relaxed);
        thread.join().unwrap();
    });
    for _ in 0..3 {
        expect(model.explore(), |failure| match failure {
            Failure::Panicked {
                defect,
                message,
                execution,
                ..
            } => *defect == Defect::Panic && message.contains("it is not zero") && *execution > 1,
            _ => false,
        })?;
    }
    passes(store_and_load().explore())
}

fn message_passing(store: aqueduct::platform::Ordering) -> Model {
    Model::new("message passing", move || {
        let message = Message::new();
        let thread = model::spawn({
            let message = Arc::clone(&message);
            move || {
                message.write(42);
                message.flag.store(1, store);
            }
        });
        let seen = (message.flag.load(Acquire) == 1).then(|| message.read());
        thread.join().unwrap();
        seen
    })
    .outcomes(["None", "Some(42)"])
}

fn race() -> Result<(), String> {
    passes(message_passing(Release).explore())?;
    expect(message_passing(Relaxed).explore(), is(Defect::Race))
}

fn steps() -> Result<(), String> {
    let failure = message_passing(Relaxed).explore().expect_err("a race");
    let steps: Vec<_> = failure.steps().iter().collect();
    let seen: Vec<_> = steps
        .iter()
        .map(|step| (step.thread, step.site.access, step.value))
        .collect();
    let expected = [
        (1, Access::Write, None),
        (1, Access::Store(Relaxed), Some(1)),
        (0, Access::Load(Acquire), Some(1)),
        (0, Access::Read, None),
    ];
    if seen == expected {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

fn endless() -> Result<(), String> {
    let model = Model::new("endless", || {
        let word = AtomicU32::new(0);
        while word.load(Relaxed) == 0 {}
    });
    expect(model.branches(200).explore(), is(Defect::Endless))
}

/// A sleeper that looks at the flag and then waits for another value than the one it saw.
fn waiter(careless: bool) -> Model {
    Model::new("sleep and wake", move || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        while word.load(Acquire) == 0 {
            let expected = if careless { word.load(Relaxed) } else { 0 };
            Machine::wait_any(&[(&word, expected)], None);
        }
        thread.join().unwrap();
    })
}

fn lost_wake_up() -> Result<(), String> {
    expect(waiter(true).explore(), is(Defect::Deadlock))?;
    let never_woken = Model::new("nobody wakes", || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        Machine::wait_any(&[(&word, 0)], None);
        thread.join().unwrap();
    });
    expect(never_woken.explore(), is(Defect::Deadlock))
}

/// The waker makes the system call only if somebody says that it sleeps; the fences order the
/// two words.
fn with_sleepers_counted(waker_fences: bool, sleeper_fences: bool) -> Model {
    Model::new("sleepers counted", move || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let thread = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.store(1, Release);
                if waker_fences {
                    Machine::fence(SeqCst);
                }
                if words.1.load(Relaxed) != 0 {
                    Machine::wake(&words.0);
                    return "woke";
                }
                "did not wake"
            }
        });
        words.1.store(1, Relaxed);
        if sleeper_fences {
            Machine::fence(SeqCst);
        }
        while words.0.load(Acquire) == 0 {
            Machine::wait_any(&[(&words.0, 0)], None);
        }
        thread.join().unwrap()
    })
    .outcomes(["woke", "did not wake"])
}

fn handshake() -> Result<(), String> {
    passes(waiter(false).explore())?;
    passes(with_sleepers_counted(true, true).explore())?;
    expect(
        with_sleepers_counted(false, true).explore(),
        is(Defect::Deadlock),
    )?;
    // The kernel of today has a fence in the system call; futex(2) does not promise it.
    expect(
        with_sleepers_counted(true, false).explore(),
        is(Defect::Deadlock),
    )
}

/// Waits for a word or the end of time.
fn timed(deadline: Duration) -> Model {
    Model::new("timed wait", move || {
        let word = Arc::new(AtomicU32::new(0));
        let waker = model::spawn({
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        let timer = model::spawn(model::expire);
        let mut outcome = "woken";
        while word.load(Acquire) == 0 {
            if Machine::now() >= deadline {
                outcome = "timed out";
                break;
            }
            Machine::wait_any(&[(&word, 0)], Some(deadline));
        }
        waker.join().unwrap();
        timer.join().unwrap();
        outcome
    })
}

fn timer() -> Result<(), String> {
    let both = ["woken", "timed out"];
    let soon = timed(Duration::from_secs(1)).bound(2);
    passes(soon.outcomes(both).explore())?;
    passes(timed(Duration::ZERO).outcomes(both).explore())?;
    passes(timed(Duration::MAX).outcomes(["woken"]).explore())
}

/// A wait that nobody ends, once the thread sleeps.
fn one_wait() -> Model {
    Model::new("one wait", || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        Machine::wait_any(&[(&word, 0)], None);
        let seen = word.load(Acquire);
        thread.join().unwrap();
        seen
    })
}

fn spurious() -> Result<(), String> {
    expect(one_wait().explore(), is(Defect::Deadlock))?;
    expect(one_wait().spurious(2).explore(), is(Defect::Deadlock))?;
    passes(one_wait().spurious(1).outcomes(["0", "1"]).explore())
}

fn two_changes(second: fn(&AtomicU32), load: aqueduct::platform::Ordering) -> Model {
    Model::new("two changes", move || {
        let message = Message::new();
        let thread = model::spawn({
            let message = Arc::clone(&message);
            move || message.flag.store(1, Release)
        });
        let first = message.flag.load(load);
        if first == 1 || load == Relaxed {
            second(&message.flag);
        }
        thread.join().unwrap();
        first
    })
}

fn discipline_stores() -> Result<(), String> {
    let store: fn(&AtomicU32) = |word| word.store(2, Relaxed);
    passes(two_changes(store, Acquire).explore())?;
    expect(
        two_changes(store, Relaxed).explore(),
        is(Defect::Discipline),
    )?;
    passes(
        two_changes(store, Relaxed)
            .without(Part::Discipline)
            .explore(),
    )
}

/// `lock` takes a word from 0 to 1 by compare-exchange and gives it back by a plain store.
fn lock_by(success: aqueduct::platform::Ordering) -> Model {
    Model::new("lock", move || {
        let word = Arc::new(AtomicU32::new(0));
        let lock = move |word: &AtomicU32| {
            let taken = word.compare_exchange(0, 1, success, Relaxed).is_ok();
            if taken {
                word.store(0, Release);
            }
            taken
        };
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || lock(&word)
        });
        let one = lock(&word);
        (one, thread.join().unwrap())
    })
}

/// A read-modify-write releases, and who acquires it stores plainly.
fn release_by_change() -> Model {
    Model::new("release by a change", move || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.fetch_add(1, AcqRel)
        });
        let seen = word.load(Acquire);
        if seen == 1 {
            word.store(2, Relaxed);
        }
        thread.join().unwrap();
        seen
    })
}

fn discipline_hand_over() -> Result<(), String> {
    let outcomes = ["(true, true)", "(true, false)", "(false, true)"];
    passes(lock_by(Acquire).outcomes(outcomes).explore())?;
    passes(release_by_change().outcomes(["0", "1"]).explore())
}

fn discipline_change() -> Result<(), String> {
    expect(lock_by(Relaxed).explore(), is(Defect::Discipline))?;
    let change: fn(&AtomicU32) = |word| {
        word.fetch_add(1, Relaxed);
    };
    expect(
        two_changes(change, Relaxed).explore(),
        is(Defect::Discipline),
    )
}

/// Three tries to push and three to pop, in a ring of one slot whose ends read their own index
/// again each time.
fn rereading_ring() -> Model {
    Model::new("a ring that reads its own index", || {
        let ring = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let thread = model::spawn({
            let ring = Arc::clone(&ring);
            move || [(); 3].map(|()| advance(&ring.1, &ring.0, 1))
        });
        let popped = [(); 3].map(|()| advance(&ring.0, &ring.1, 0));
        (popped, thread.join().unwrap())
    })
}

/// Moves `own` on by one if it is less than `room` ahead of `peer`.
fn advance(own: &AtomicU64, peer: &AtomicU64, room: u64) -> bool {
    let position = own.load(Relaxed);
    let free = peer.load(Acquire).wrapping_add(room) != position;
    if free {
        own.store(position + 1, Release);
    }
    free
}

/// Twenty outcomes, as counted by enumerating views of release and acquire by hand; loom alone
/// sees one.
fn ring() -> Result<(), String> {
    let whole = rereading_ring().explore();
    let whole = whole.map_err(|failure| failure.to_string())?.outcomes.len();
    if whole != 20 {
        return Err(format!("{whole} outcomes of 20"));
    }
    expect(
        rereading_ring().without(Part::Readers).explore(),
        |failure| matches!(failure, Failure::OneExecution { .. }),
    )
}

/// Store buffering with fences: at least one thread sees the other's store.
fn store_buffering() -> Model {
    Model::new("store buffering", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let thread = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.store(1, Relaxed);
                Machine::fence(SeqCst);
                words.1.load(Relaxed)
            }
        });
        words.1.store(1, Relaxed);
        Machine::fence(SeqCst);
        let seen = words.0.load(Relaxed);
        (seen, thread.join().unwrap())
    })
}

fn fences() -> Result<(), String> {
    passes(
        store_buffering()
            .outcomes(["(0, 1)", "(1, 0)", "(1, 1)"])
            .explore(),
    )
}

/// An acquire fence of the third thread, after a relaxed load by the second only: nothing orders
/// the first store of the first thread before the last load.
fn fence_of_another() -> Model {
    Model::new("fence of another", || {
        let words = Arc::new([(); 3].map(|()| AtomicU32::new(0)));
        let one = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words[0].store(1, Relaxed);
                words[1].store(1, Release);
            }
        });
        let two = model::spawn({
            let words = Arc::clone(&words);
            move || {
                let seen = words[1].load(Relaxed);
                words[2].store(1 + seen, Release);
            }
        });
        let seen = words[2].load(Acquire);
        Machine::fence(Acquire);
        let data = words[0].load(Relaxed);
        one.join().unwrap();
        two.join().unwrap();
        (seen, data)
    })
}

/// A limit of loom, kept in sight: its acquire fence takes what others have read as well, so that
/// with three threads and such a fence an outcome is missing.
fn acquire_fence() -> Result<(), String> {
    let all = ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)", "(2, 0)", "(2, 1)"];
    expect(
        fence_of_another().outcomes(all).explore(),
        |failure| matches!(failure, Failure::MissingOutcome { outcome, .. } if outcome == "(2, 0)"),
    )
}

/// A compare-exchange by a thread that another store overtakes.
fn overtaken() -> Model {
    Model::new("overtaken", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let thread = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.fetch_add(1, Relaxed);
                words.1.store(1, Relaxed);
            }
        });
        let late = words.1.load(Relaxed);
        let result = words.0.compare_exchange(5, 6, Relaxed, Relaxed);
        thread.join().unwrap();
        (late, result)
    })
}

fn old_failure() -> Result<(), String> {
    let all = ["(0, Err(0))", "(0, Err(1))", "(1, Err(0))", "(1, Err(1))"];
    passes(overtaken().outcomes(all).explore())?;
    let lossy = overtaken().without(Part::LeadingLoad).outcomes(all);
    expect(lossy.explore(), |failure| {
        matches!(failure, Failure::MissingOutcome { .. })
    })
}

struct Cells([Slot<u32>; 3], AtomicU32);

// SAFETY: the model machine reports accesses of the cells that are not ordered.
unsafe impl Sync for Cells {}

fn side_by_side(order: aqueduct::platform::Ordering) -> Model {
    Model::new("cells side by side", move || {
        let cells = Arc::new(Cells([0, 1, 2].map(Slot::new), AtomicU32::new(0)));
        let thread = model::spawn({
            let cells = Arc::clone(&cells);
            move || {
                Slot::with_all_mut(&cells.0[1..], |array| {
                    // SAFETY: the machine reports a race before the pointer is used.
                    let array = unsafe { &mut *array };
                    array.copy_from_slice(&[8, 9]);
                });
                cells.1.store(1, order);
            }
        });
        let flag = cells.1.load(Acquire);
        let mut seen = Vec::new();
        if flag == 1 {
            Slot::with_all(&cells.0, |array| {
                // SAFETY: the machine reports a race before the pointer is used.
                let array = unsafe { &*array };
                seen.extend_from_slice(array);
            });
        }
        thread.join().unwrap();
        seen
    })
}

fn cells() -> Result<(), String> {
    passes(
        side_by_side(Release)
            .outcomes(["[]", "[0, 8, 9]"])
            .explore(),
    )?;
    expect(side_by_side(Relaxed).explore(), is(Defect::Race))
}

/// A process that stores twice; the survivor looks once it knows that it is dead or done.
fn two_stores_model() -> Model {
    Model::new("two stores", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let unused = Arc::new(AtomicU32::new(0));
        let process = model::process(1, {
            let words = Arc::clone(&words);
            move || {
                let _noisy = StoresWhenDropped(Arc::clone(&unused));
                words.0.store(1, Relaxed);
                words.1.store(1, Relaxed);
            }
        });
        let dead = model::is_dead(1);
        let seen = (words.1.load(Relaxed), words.0.load(Relaxed));
        process.join();
        if dead {
            format!("dead {seen:?}")
        } else {
            "alive".into()
        }
    })
}

fn two_stores() -> Result<(), String> {
    let outcomes = ["alive", "dead (0, 0)", "dead (0, 1)", "dead (1, 1)"];
    let seen = deaths(&two_stores_model().outcomes(outcomes), &[1]);
    let seen = seen.map_err(|failure| failure.to_string())?;
    // Two stores, and the two accesses of the destructor when nobody is killed.
    if seen.points == 4 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

/// A survivor that waits for a word whose writer may be dead.
fn waits_for_the_dead() -> Model {
    Model::new("waits for the dead", || {
        let word = Arc::new(AtomicU32::new(0));
        let process = model::process(1, {
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        while word.load(Acquire) == 0 {
            Machine::wait_any(&[(&word, 0)], None);
        }
        process.join();
    })
}

fn death_found() -> Result<(), String> {
    let failure = deaths(&waits_for_the_dead(), &[1]).expect_err("a deadlock");
    if failure.deaths.ends_with("access 1") && is(Defect::Deadlock)(&failure.failure) {
        Ok(())
    } else {
        Err(failure.to_string())
    }
}

const TID: u32 = 77;

/// As before, but the survivor also watches a word on the robust list of the other.
fn watches_the_dead(tid: u32) -> Model {
    Model::new("watches the dead", move || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(TID | FUTEX_WAITERS)));
        let process = model::process(1, {
            let words = Arc::clone(&words);
            move || {
                model::robust(Arc::clone(&words), |words| &words.1, tid);
                words.0.store(1, Release);
                Machine::wake(&words.0);
            }
        });
        let mut outcome = "received";
        while words.0.load(Acquire) == 0 {
            let life = words.1.load(Acquire);
            if life != TID | FUTEX_WAITERS {
                assert_eq!(life, FUTEX_OWNER_DIED | FUTEX_WAITERS);
                outcome = "died";
                break;
            }
            Machine::wait_any(&[(&words.0, 0), (&words.1, life)], None);
        }
        process.join();
        outcome
    })
}

fn owner_died() -> Result<(), String> {
    let seen = deaths(&watches_the_dead(TID).outcomes(["received", "died"]), &[1]);
    seen.map(|_| ()).map_err(|failure| failure.to_string())
}

fn not_owner() -> Result<(), String> {
    let failure = deaths(&watches_the_dead(TID + 1), &[1]).expect_err("a deadlock");
    expect(Err::<(), _>(failure.failure), is(Defect::Deadlock))
}

/// Reads what the dead wrote, on suspicion or when it is certain.
fn reads_what_the_dead_wrote(certain: bool) -> Model {
    Model::new("reads what the dead wrote", move || {
        let message = Message::new();
        let life = Arc::new(AtomicU32::new(TID));
        let process = model::process(1, {
            let (message, life) = (Arc::clone(&message), Arc::clone(&life));
            move || {
                model::robust(life, |life| life, TID);
                message.write(1);
                message.write(2);
                message.flag.store(1, Release);
            }
        });
        let suspected = life.load(Acquire) == FUTEX_OWNER_DIED;
        let seen = (suspected && (!certain || model::is_dead(1))).then(|| message.read());
        process.join();
        seen
    })
}

fn suspicion() -> Result<(), String> {
    let all = ["None", "Some(0)", "Some(1)", "Some(2)"];
    // At the moment of death everything has been written: believing the mark looks right.
    deaths(&reads_what_the_dead_wrote(false).outcomes(all), &[1])
        .map_err(|failure| failure.to_string())?;
    let failure = deaths_after_suspicion(&reads_what_the_dead_wrote(false), &[1]);
    let failure = failure.expect_err("a race").failure;
    expect(Err::<(), _>(failure), is(Defect::Race))?;
    let seen = deaths_after_suspicion(&reads_what_the_dead_wrote(true).outcomes(all), &[1]);
    let seen = seen.map_err(|failure| failure.to_string())?;
    // Three accesses: marked and killed at (1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3).
    if seen.points == 6 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

/// Two processes store a word each; who looks knows that both are gone.
fn two_dead() -> Result<(), String> {
    let model = Model::new("two processes", || {
        let words = Arc::new([(); 2].map(|()| AtomicU32::new(0)));
        let processes = [0, 1].map(|id| {
            let words = Arc::clone(&words);
            let index = usize::try_from(id).unwrap();
            model::process(id, move || words[index].store(1, Relaxed))
        });
        let both = processes.map(|process| process.join().is_some());
        (both, words[0].load(Relaxed), words[1].load(Relaxed))
    });
    let model = model.outcomes([
        "([false, false], 0, 0)",
        "([false, true], 0, 1)",
        "([true, false], 1, 0)",
        "([true, true], 1, 1)",
    ]);
    let seen = model::two_deaths(&model, 0, 1).map_err(|failure| failure.to_string())?;
    if seen.points == 2 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

fn reads_after_death() -> Model {
    Model::new("reads after death", || {
        let message = Message::new();
        let process = model::process(1, {
            let message = Arc::clone(&message);
            move || message.write(1)
        });
        let seen = model::is_dead(1).then(|| message.read());
        process.join();
        seen
    })
}

fn unordered_death() -> Result<(), String> {
    passes(reads_after_death().outcomes(["None", "Some(1)"]).explore())?;
    expect(
        reads_after_death().unordered_deaths().explore(),
        is(Defect::Race),
    )
}

/// Message passing with a counter whose ordering is too strong.
fn swept() -> Model {
    Model::new("message passing, too strong", || {
        let message = Message::new();
        let counter = Arc::new(AtomicU64::new(0));
        let thread = model::spawn({
            let (message, counter) = (Arc::clone(&message), Arc::clone(&counter));
            move || {
                message.write(42);
                counter.fetch_add(1, Release); // COUNTER
                message.flag.store(1, Release);
                Machine::wake(&message.flag);
            }
        });
        while message.flag.load(Acquire) == 0 {
            Machine::wait_any(&[(&message.flag, 0)], None);
        }
        let seen = message.read();
        thread.join().unwrap();
        seen
    })
    .outcomes(["42"])
}

fn sweep() -> Result<(), String> {
    let sweep = Sweep::new("machine.rs", [swept()]);
    let table = sweep.run().map_err(|failure| failure.to_string())?;
    let killed = table.rows.iter().filter(|row| row.killed.is_some()).count();
    let faults = table.faults();
    if killed != 3 || faults.len() != 1 || !faults[0].contains("read-modify-write") {
        return Err(table.to_string());
    }
    let argued = sweep.argue(
        "read-modify-write",
        Access::ReadModifyWrite(Relaxed),
        "a counter",
    );
    let table = argued.run().map_err(|failure| failure.to_string())?;
    if table.faults().is_empty() {
        Ok(())
    } else {
        Err(table.faults().join("; "))
    }
}

/// Two flags, each of them enough.
fn redundant() -> Model {
    Model::new("redundant flags", || {
        let (message, second) = (Message::new(), Arc::new(AtomicU32::new(0)));
        let thread = model::spawn({
            let (message, second) = (Arc::clone(&message), Arc::clone(&second));
            move || {
                message.write(42);
                message.flag.store(1, Release); // FIRST
                second.store(1, Release); // SECOND
            }
        });
        let first = message.flag.load(Acquire) == 1; // FIRST
        let second = second.load(Acquire) == 1; // SECOND
        let seen = (first && second).then(|| message.read());
        thread.join().unwrap();
        seen
    })
    .outcomes(["None", "Some(42)"])
}

fn argued_together() -> Result<(), String> {
    let sweep = Sweep::new("machine.rs", [redundant()])
        .argue("// FIRST", Access::Store(Relaxed), "the second is enough")
        .argue("// FIRST", Access::Load(Relaxed), "the second is enough");
    let table = sweep.clone().run().map_err(|failure| failure.to_string())?;
    if table.together.is_some() || table.faults().len() != 2 {
        return Err(table.to_string());
    }
    let sweep = sweep
        .argue("// SECOND", Access::Store(Relaxed), "the first is enough")
        .argue("// SECOND", Access::Load(Relaxed), "the first is enough");
    let table = sweep.run().map_err(|failure| failure.to_string())?;
    match table.together {
        Some(failure) => expect(Err::<(), _>(failure), is(Defect::Race)),
        None => Err(table.to_string()),
    }
}
