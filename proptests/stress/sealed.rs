//! A thread that lies: it writes over every byte of a link while another one sends and receives.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::link::{Receiver, Role, Sender, TryRecvError, TrySendError};
use aqueduct::platform::native::Wary;
use aqueduct::wait::Patience;

use super::{CAPACITIES, COUNT};
use crate::memory::{Held, Memory, Side, Words};

/// So long it may take until something is believed.
const LONG: Duration = Duration::from_mins(1);

/// Writes over all of it, in words and in bytes, and lets the positions be believed now and then.
fn lie(words: Words<'_>, round: u64) {
    let value = round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [first, ..] = value.to_le_bytes();
    for offset in (0..words.len() - 7).step_by(8) {
        match round % 3 {
            1 => words.write_byte(offset + usize::from(first % 8), first),
            _ => words.word(offset).store(value, Relaxed),
        }
    }
    let believed = [Side::Tail, Side::Head]
        .into_iter()
        .filter(|_| round.is_multiple_of(3));
    for word in believed.flat_map(|side| words.position(side)) {
        word.store(round, Relaxed);
    }
}

#[test]
fn a_link_that_somebody_writes_over() {
    for capacity in CAPACITIES {
        let memory = Memory::<Wary, [u64; 3]>::new(capacity);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let lying = scope.spawn(|| {
                for round in 0.. {
                    lie(memory.words(), round);
                    if done.load(Relaxed) {
                        break;
                    }
                }
            });
            let (mut turns, mut sent, mut received) = (0, 0, 0);
            let deadline = Instant::now() + LONG;
            // How often anything is believed depends on who runs when.
            while turns < COUNT || (sent == 0 || received == 0) && Instant::now() < deadline {
                turns += 1;
                if let Ok(mut sender) = Sender::new(Held::new(&memory, Role::Sender)) {
                    while !matches!(sender.try_send([7; 3]), Err(TrySendError::Ended(_)))
                        && sent < COUNT
                    {
                        sent += 1;
                    }
                }
                if let Ok(mut receiver) = Receiver::new(Held::new(&memory, Role::Receiver)) {
                    while !matches!(receiver.try_recv(), Err(TryRecvError::Ended(_)))
                        && received < COUNT
                    {
                        received += 1;
                    }
                    let _ = receiver
                        .recv_batch(Patience::AT_ONCE, |incoming| incoming.read(9, <[_]>::len));
                }
            }
            done.store(true, Relaxed);
            lying.join().expect("it does not panic");
            assert!(sent > 0 && received > 0, "nothing was ever believed");
        });
        assert!(memory.is_intact(), "somebody wrote beside the link");
    }
}
