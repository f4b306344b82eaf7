//! A relay race: who hands the baton over knows that it was taken. `cargo run --example rendezvous`.

use std::thread;
use std::time::Duration;

use aqueduct::link::SendTimeoutError;
use aqueduct::link::mailbox::Capacity;
use aqueduct::threads::mailbox;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (first, second) = mailbox(Capacity::Zero)?;
    // Nobody is there yet: the baton comes back.
    let early = first.send_timeout("the baton", Duration::from_millis(10));
    assert_eq!(early, Err(SendTimeoutError::TimedOut("the baton")));
    let running = thread::spawn(move || second.recv());
    first.send("the baton")?;
    println!("it was taken");
    assert_eq!(running.join().expect("it does not panic")?, "the baton");
    Ok(())
}

#[test]
fn the_baton_is_handed_over() {
    main().unwrap();
}
