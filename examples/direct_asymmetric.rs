//! Two clients name a server, which learns who asks: `cargo run --example direct_asymmetric`.

use std::error::Error;
use std::process::Command;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::open::direct::Process;

/// Sends three numbers to the server, which it names.
fn client(client: &str, server: &str) -> Result<(), Box<dyn Error>> {
    let process = Process::new(client)?;
    let sender = process.sender_timeout::<u64>(server, Duration::from_secs(10))?;
    for number in 1..=3 {
        sender.send(number)?;
    }
    Ok(())
}

/// Receives from anybody, and says who sent what.
fn server(server: &str, clients: &[String]) -> Result<(), Box<dyn Error>> {
    let process = Process::new(server)?;
    let inbox = process.receiver::<u64>(Capacity::Bounded(10))?;
    let mut running = Vec::new();
    for client in clients {
        let program = std::env::current_exe()?;
        running.push(Command::new(program).args([client, server]).spawn()?);
    }
    for _ in 0..3 * clients.len() {
        let letter = inbox.recv()?;
        println!("{} sent {}", letter.sender()?, letter.message());
    }
    for mut client in running {
        assert!(client.wait()?.success());
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    if let [_, own, server] = &std::env::args().collect::<Vec<_>>()[..] {
        return client(own, server);
    }
    let [s, a, b] = ["server", "A", "B"].map(|name| format!("{name}-{}", std::process::id()));
    server(&s, &[a, b])
}
