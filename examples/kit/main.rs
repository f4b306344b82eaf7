//! The stack and the queue of docs/kit.md, checked: prints what that page shows. Its tests are what
//! the page claims.
#![allow(
    clippy::duplicate_mod,
    reason = "the models are those of the wrong stack and of the right one"
)]

mod queue;
mod stack;
mod wrong;

#[cfg(test)]
mod deaths;
#[cfg(test)]
mod history;
#[cfg(test)]
mod larger;
#[cfg(test)]
mod page;

use aqueduct::model::{Model, Sweep, deaths};

fn main() {
    drawn(&wrong::models::a_node_comes_back());

    let too_strong = Sweep::new("kit/wrong.rs", [wrong::models::two_push()]);
    let faults = too_strong.run().expect("the model holds").faults();
    println!("{}\n", faults.join("\n"));

    println!("{}", stack::sweep().check());

    let wedged = deaths(&queue::producer_dies(), &[1]);
    drawn(&wedged.expect_err("the queue wedges").model);
}

fn drawn(model: &Model) {
    println!("{}\n", model.trace().expect("it does not hold"));
}
