//! Attaching to an object under a name that holds anything.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use aqueduct::link::mailbox::Capacity as Holds;
use aqueduct::open::{self, Options, mailbox, pipe};
use aqueduct::place::header::Kind;
use aqueduct::position::Capacity;
use aqueduct::shm::{self, Name, Uid};
use aqueduct::wait::Patience;

use super::input::{Input, answered};
use super::sum;

/// The longest object that is nothing but the fuzzer's bytes.
const LONGEST: usize = 8192;

/// A name; what has it is removed at the end.
struct Scratch(Name);

impl Scratch {
    fn new() -> Self {
        let thread = format!("{:?}", std::thread::current().id());
        let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
        let name = format!("aqueduct-fuzz-{}-{thread}", std::process::id());
        Self(Name::parse(name).expect("a good name"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.path());
    }
}

/// Makes an object with an honest one's bytes, of which some are written over; or with any bytes. Then
/// attaches to it, as each kind of end.
pub fn attach(data: &[u8]) {
    let mut input = Input(data);
    let (Some(make), Some(attach)) = (input.byte(), input.byte()) else {
        return;
    };
    let scratch = Scratch::new();
    let capacity = Capacity::new(usize::from(make / 8) + 1).expect("it is not 0");
    match make % 8 {
        0 => answered(
            Options::new()
                .capacity(capacity)
                .byte_sender(&scratch.0, Kind::Bytes),
        ),
        1 => answered(
            Options::new()
                .capacity(capacity)
                .byte_receiver(&scratch.0, Kind::Records),
        ),
        2 => answered(Options::new().capacity(capacity).sender::<u64>(&scratch.0)),
        3 => answered(
            mailbox::Options::new()
                .capacity(holds(make))
                .create::<u64>(&scratch.0),
        ),
        4 => answered(
            pipe::Options::new()
                .capacity(4096)
                .wait_for_peer(false)
                .writer(&scratch.0),
        ),
        _ => raw(&scratch.0, &input),
    }
    if make % 8 < 5 && write_over(&scratch.0, &mut input).is_none() {
        return; // it has lost its name with its last user
    }
    if attach & 32 != 0 {
        renew_sum(&scratch.0);
    }
    use_it(&scratch.0, attach);
}

fn holds(make: u8) -> Holds {
    match make / 8 {
        0..8 => Holds::Zero,
        8..16 => Holds::Unbounded,
        more => Holds::Bounded(usize::from(more)),
    }
}

fn raw(name: &Name, input: &Input<'_>) {
    let bytes = &input.0[..input.0.len().min(LONGEST)];
    fs::write(name.path(), bytes).expect("there is room");
    fs::set_permissions(name.path(), Permissions::from_mode(0o600)).expect("it is ours");
}

fn write_over(name: &Name, input: &mut Input<'_>) -> Option<()> {
    let file = File::options().write(true).open(name.path()).ok()?;
    let len = file
        .metadata()
        .expect("it is open")
        .len()
        .min(LONGEST as u64);
    while let Some(choice) = input.byte() {
        // Most of what is looked at is near the beginning.
        let len = if choice % 4 == 0 { len } else { len.min(2048) };
        let Some(offset) = input.below(usize::try_from(len).expect("it is small")) else {
            break;
        };
        let written = match choice % 2 {
            0 => file.write_all_at(&[input.byte().unwrap_or(0)], offset as u64),
            _ => file.write_all_at(&input.word().unwrap_or(0).to_ne_bytes(), offset as u64 & !7),
        };
        written.expect("there is room");
    }
    Some(())
}

/// Of what is long enough to have one.
fn renew_sum(name: &Name) {
    let mut bytes = fs::read(name.path()).expect("it is there");
    if bytes.len() >= sum::SUMMED.end {
        sum::renew(&mut bytes);
        let file = File::options().write(true).open(name.path());
        let file = file.expect("it is ours");
        let written = file.write_all_at(&bytes[sum::CHECK], sum::CHECK.start as u64);
        written.expect("there is room");
    }
}

fn use_it(name: &Name, choice: u8) {
    let options = Options::new().resume(choice & 16 != 0);
    match choice % 10 {
        0 => {
            if let Ok(mut sender) = options.byte_sender(name, Kind::Bytes) {
                answered(sender.try_send(7));
                answered(sender.wait_until_received(Patience::AT_ONCE));
            }
        }
        1 => {
            if let Ok(mut receiver) = options.byte_receiver(name, Kind::Bytes) {
                answered(receiver.try_recv());
                answered(receiver.recv_batch(Patience::AT_ONCE, |_| ()));
            }
        }
        2 => answered(
            options
                .sender::<u64>(name)
                .map(|mut sender| sender.try_send(7)),
        ),
        3 => answered(
            options
                .receiver::<u64>(name)
                .map(|mut receiver| receiver.try_recv()),
        ),
        4 => {
            if let Ok(mailbox) = mailbox::Options::new().open::<u64>(name) {
                answered(mailbox.receiver().try_recv());
                answered(mailbox.sender().try_send(7));
                answered(mailbox.close());
            }
        }
        5 => answered(pipe::Options::new().wait_for_peer(false).writer(name)),
        6 => answered(pipe::Options::new().wait_for_peer(false).reader(name)),
        _ => {
            if let Ok(object) = shm::Object::open(name.clone(), Uid::effective()) {
                answered(open::status(&object));
                answered(open::remove(&object));
            }
        }
    }
}
