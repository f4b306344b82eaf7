//! Models of a design of the many-to-many ring that is compared with another one: see
//! benches/designs.

mod alive;
#[path = "../../benches/designs/d.rs"]
#[allow(missing_docs, clippy::pedantic, reason = "a prototype")]
mod d;
mod histories;
mod stopped;

use self::d::{Attachment, Refused, Ring, Shape};
use aqueduct::model::{DeathFailure, Deaths, Machine, Model, Report, Sweep};
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

type Words = Arc<Ring<Machine, u32>>;
type End = Attachment<Words>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    std::panic::set_hook(Box::new(|_| {}));
    let explored = alive::models().into_iter().chain(histories::models());
    let mut trials: Vec<Trial> = explored.map(explore).collect();
    trials.extend(stopped::trials());
    trials.push(sweep());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Explores a model, and says what it took.
fn explore(model: Model) -> Trial {
    Trial::test(model.name().to_owned(), move || {
        let report = model.explore().map_err(|failure| model.explain(&failure))?;
        let Report {
            executions,
            duration,
            outcomes,
            ..
        } = &report;
        let seconds = duration.as_secs_f64();
        println!("  {executions} executions, {seconds:.2} s, outcomes {outcomes:?}");
        Ok(())
    })
}

/// Explores a model at each point of `sweep`.
fn stop(
    model: Model,
    how: &str,
    sweep: impl Fn(&Model) -> Result<Deaths, DeathFailure> + Send + 'static,
) -> Trial {
    Trial::test(format!("{how}: {}", model.name()), move || {
        let seen = sweep(&model).map_err(|death| death.explain())?;
        let Deaths {
            points,
            executions,
            duration,
            outcomes,
            ..
        } = &seen;
        let seconds = duration.as_secs_f64();
        println!(
            "  {points} points, {executions} executions, {seconds:.2} s, outcomes {outcomes:?}"
        );
        Ok(())
    })
}

fn sweep() -> Trial {
    Trial::test("sweep of orderings", || {
        let mut models = alive::to_sweep();
        models.extend(histories::to_sweep());
        models.extend(stopped::to_sweep());
        let start = Instant::now();
        let table = Sweep::new("designs/d.rs", models)
            .run()
            .map_err(Failed::from)?;
        println!(
            "{table}  {} weakenings, {:.2} s",
            table.rows.len(),
            start.elapsed().as_secs_f64()
        );
        match table.faults().as_slice() {
            [] => Ok(()),
            faults => Err(faults.join("\n").into()),
        }
    })
}

/// A ring whose stream starts so many messages before its positions wrap.
fn ring(shape: Shape, before_wrap: u64) -> Words {
    Arc::new(Ring::new(shape, 0_u64.wrapping_sub(before_wrap)))
}

fn end(ring: &Words, owner: usize) -> End {
    // SAFETY: each model gives a number to one, and again only when the first is settled.
    unsafe { Attachment::new(Arc::clone(ring), owner) }
}

fn pop(end: &mut End) -> Option<u32> {
    end.pop().map(|received| received.message)
}

/// What is left, when nobody else acts.
fn rest(end: &mut End) -> Vec<u32> {
    std::iter::from_fn(|| pop(end)).collect()
}

fn push(end: &mut End, message: u32) -> bool {
    match end.push(message) {
        Ok(()) => true,
        Err(Refused::Full(back)) => {
            assert_eq!(back, message);
            false
        }
        Err(Refused::Busy(_)) => panic!("no cell"),
    }
}
