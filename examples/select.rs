//! One that waits for a link, a mailbox and the end of its patience: `cargo run --example select`.

use std::error::Error;
use std::thread;
use std::time::Duration;

use aqueduct::link::Ended;
use aqueduct::link::mailbox::Capacity;
use aqueduct::link::select::{Selectable, map};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::select::Select;
use aqueduct::threads::{bounded, mailbox};
use aqueduct::wait::{Patience, TimedOut};

enum Event {
    Temperature(f32),
    Order(String),
    Ended(Ended),
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut thermometer, mut temperatures) = bounded(4)?;
    let (waiter, mut orders) = mailbox(Capacity::Zero)?;
    let measuring = thread::spawn(move || [20.5, 21.0].map(|it| thermometer.send(it).is_ok()));
    let ordering = thread::spawn(move || waiter.send("water".to_string()).is_ok());

    let mut temperatures = map(&mut temperatures, |came: Result<_, _>| {
        came.map_or_else(Event::Ended, Event::Temperature)
    });
    let mut orders = map(&mut orders, |came: Result<_, _>| {
        came.map_or_else(Event::Ended, Event::Order)
    });
    let mut links: [&mut dyn Selectable<Native, Output = Event>; 2] =
        [&mut temperatures, &mut orders];
    let mut select = Select::new(&mut links)?;
    let patience = Patience::until(Native::now() + Duration::from_secs(1));
    let mut open = 2;
    while open > 0 {
        match select.wait(patience) {
            Ok((_, Event::Temperature(degrees))) => println!("it is {degrees} degrees"),
            Ok((_, Event::Order(what))) => println!("somebody wants {what}"),
            Ok((link, Event::Ended(why))) => {
                println!("link {link}: {why}");
                select.leave_out(link);
                open -= 1;
            }
            Err(TimedOut) => return Err("nobody said goodbye".into()),
        }
    }
    assert!(ordering.join().is_ok_and(|sent| sent));
    assert!(measuring.join().is_ok_and(|sent| sent == [true; 2]));
    Ok(())
}

#[test]
fn both_are_heard() {
    main().unwrap();
}
