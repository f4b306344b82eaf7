//! One mailbox, three workers: `cargo run --example mailbox`.

use std::thread;

use aqueduct::link::mailbox::Capacity;
use aqueduct::threads::mailbox;

/// The numbers up to `last`, squared by three workers and added up.
fn sum_of_squares(last: u64, capacity: Capacity) -> Result<u64, Box<dyn std::error::Error>> {
    let (sender, receiver) = mailbox(capacity)?;
    let workers = [(); 3].map(|()| {
        let jobs = receiver.clone();
        thread::spawn(move || jobs.iter().map(|number: u64| number * number).sum::<u64>())
    });
    for number in 1..=last {
        sender.send(number)?;
    }
    // The workers are told when the last sender is gone.
    drop(sender);
    let sums = workers.map(|worker| worker.join().expect("it does not panic"));
    println!("{capacity:?}: {sums:?}");
    Ok(sums.iter().sum())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for capacity in [Capacity::Zero, Capacity::Bounded(10), Capacity::Unbounded] {
        assert_eq!(sum_of_squares(1000, capacity)?, 333_833_500);
    }
    Ok(())
}

#[test]
fn three_workers_do_all() {
    main().unwrap();
}
