//! A server in a process of its own, and two clients: `cargo run --example request_reply`.

use std::error::Error;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::open::call::{CallError, Client, Server};
use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::Name;
use aqueduct::wait::Patience;

/// Squares what it is asked, until it is killed.
fn serve(name: &Name) -> Result<(), Box<dyn Error>> {
    let mut server = Server::<u64, u64>::create(name, Capacity::Bounded(8))?;
    server.serve(|number| number * number);
    Ok(())
}

fn in_a_second() -> Patience {
    Patience::until(Native::now() + Duration::from_secs(1))
}

/// Asks the server, then ends it, and asks once more.
fn ask(name: &Name, mut server: Child) -> Result<(), Box<dyn Error>> {
    let mut clients = [Client::<u64, u64>::new(name)?, Client::new(name)?];
    for (client, number) in clients.iter_mut().zip([7, 12]) {
        println!(
            "{number} squared is {}",
            client.call(number, in_a_second())?
        );
    }
    server.kill()?;
    let told = clients[0].call(9, in_a_second());
    assert!(matches!(
        told,
        Err(CallError::NotAsked(_) | CallError::Gone(_))
    ));
    println!("the server is gone: {}", told.unwrap_err());
    server.wait()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(name) = std::env::var_os("SERVE") {
        return serve(&Name::parse(name)?);
    }
    let name = Name::parse(format!("example-squares-{}", std::process::id()))?;
    let mut program = Command::new(std::env::current_exe()?);
    let server = program.env("SERVE", name.as_os_str()).spawn()?;
    while !name.path().exists() {
        thread::sleep(Duration::from_millis(1));
    }
    ask(&name, server)?;
    // What the dead server left is of no use.
    std::fs::remove_file(name.path())?;
    Ok(())
}
