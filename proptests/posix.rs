//! The two programs of the note, ours and the textbook's in C, and what goes wrong between the latter.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use aqueduct::shm::Name;
use aqueduct::shm::posix::Posix;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::examples::example;
use crate::running::{Running, state, until};
use crate::scratch::Scratch;

/// How often both programs run one after the other, and how often beside the textbook's.
const TIMES: usize = 1_000;
const TIMES_IN_C: usize = 100;

/// The textbook's programs.
struct Book {
    folder: TempDir,
}

impl Book {
    /// Compiles them.
    fn get() -> &'static Book {
        static BOOK: OnceLock<Book> = OnceLock::new();
        BOOK.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            let book = Book { folder };
            for (program, source, defines) in [
                ("producer", "producer.c", ""),
                ("consumer", "consumer.c", ""),
                ("creating consumer", "consumer.c", "-DCREATES"),
            ] {
                let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/posix");
                let mut cc = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
                cc.args(["-Wall", "-Wextra", "-Werror", "-DSTOPS"]);
                cc.args(Some(defines).filter(|defines| !defines.is_empty()));
                cc.arg("-o").arg(book.folder.path().join(program));
                let output = cc.arg(path.join(source)).output();
                let output = output.expect("a C compiler is there: install one, such as gcc");
                assert!(
                    output.status.success(),
                    "{}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
            book
        })
    }

    fn program(&self, program: &str, name: &Name) -> Command {
        let mut command = Command::new(self.folder.path().join(program));
        command.arg(name.to_string());
        command
    }

    /// Runs one to its end; what it printed.
    fn run(&self, program: &str, name: &Name) -> String {
        printed(&mut self.program(program, name))
    }

    /// Starts one that stops itself at this step.
    fn stopped(&self, program: &str, name: &Name, step: u32) -> Running {
        let mut command = self.program(program, name);
        command.env("STOP", step.to_string()).stdout(Stdio::null());
        let running = Running::start(&mut command);
        until("it stops itself", || {
            (state(running.pid()) == Some('T')).then_some(())
        });
        running
    }
}

/// Runs a program to its end, which is a good one; what it printed.
fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn ours(program: &str, name: &Name) -> Command {
    let mut command = example(program);
    command.arg(name.to_string());
    command
}

/// Both run at the same time, so many times, begun in turns by either.
fn run_both(times: usize, producer: impl Fn() -> Command, consumer: impl Fn() -> Command) {
    let scratch = Scratch::new();
    for time in 0..times {
        let pause = Duration::from_micros(u64::try_from(time).unwrap() * 10 % 2_000);
        let (mut producer, mut consumer) = (producer(), consumer());
        consumer.stdout(Stdio::piped());
        let (mut writing, reading);
        if time % 2 == 0 {
            writing = Running::start(&mut producer);
            thread::sleep(pause);
            reading = consumer.spawn().expect("it starts");
        } else {
            reading = consumer.spawn().expect("it starts");
            thread::sleep(pause);
            writing = Running::start(&mut producer);
        }
        let output = reading.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}, time {time}");
        assert_eq!(output.stdout, b"HelloWorld!\n", "time {time}");
        writing.wait().expect(0);
    }
    assert!(!scratch.name().path().exists(), "the name is left");
}

#[test]
fn our_programs_say_hello_world_in_either_order() {
    let scratch = Scratch::new();
    let name = scratch.name();
    run_both(
        TIMES,
        || ours("posix_producer", &name),
        || ours("posix_consumer", &name),
    );
}

#[test]
fn our_consumer_reads_what_the_book_s_producer_writes() {
    let scratch = Scratch::new();
    let name = scratch.name();
    run_both(
        TIMES_IN_C,
        || Book::get().program("producer", &name),
        || ours("posix_consumer", &name),
    );
}

#[test]
fn our_consumer_waits_for_the_book_s_producer_wherever_it_stands() {
    for step in 1..=3 {
        let scratch = Scratch::new();
        let name = scratch.name();
        let mut producer = Book::get().stopped("producer", &name, step);
        let mut consumer = ours("posix_consumer", &name);
        let reading = thread::spawn(move || printed(&mut consumer));
        thread::sleep(Duration::from_millis(20));
        assert!(!reading.is_finished(), "it read too early, at step {step}");
        producer.signal(Signal::SIGCONT);
        assert_eq!(reading.join().unwrap(), "HelloWorld!\n");
        producer.wait().expect(0);
    }
}

#[test]
fn the_book_s_consumers_read_what_our_producer_writes() {
    let scratch = Scratch::new();
    let name = scratch.name();
    for consumer in ["consumer", "creating consumer"] {
        for _ in 0..TIMES_IN_C {
            printed(&mut ours("posix_producer", &name));
            assert_eq!(Book::get().run(consumer, &name), "HelloWorld!\n");
            assert!(!name.path().exists());
        }
    }
}

// What can go wrong between the textbook's own two.

#[test]
fn a_consumer_that_comes_first_takes_the_name_from_under_the_producer() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut producer = Book::get().stopped("producer", &name, 2);
    assert_eq!(Book::get().run("creating consumer", &name), "\n");
    producer.signal(Signal::SIGCONT);
    producer.wait().expect(0);
    // Its text is in an object without a name: nobody will ever read it.
    assert!(!name.path().exists());
}

#[test]
fn an_object_without_bytes_is_a_bus_error() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let _producer = Book::get().stopped("producer", &name, 1);
    let output = Book::get().program("consumer", &name).output().unwrap();
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(signal, Some(Signal::SIGBUS as i32));
}

#[test]
fn half_of_the_text_is_read() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let _producer = Book::get().stopped("producer", &name, 3);
    assert_eq!(Book::get().run("consumer", &name), "Hello\n");
}

#[test]
fn what_a_dead_consumer_leaves_is_read_again() {
    let scratch = Scratch::new();
    let name = scratch.name();
    Book::get().run("producer", &name);
    let mut consumer = Book::get().stopped("consumer", &name, 4);
    consumer.kill().killed().expect("it stands still");
    // The next producer has not written anything yet.
    let _producer = Book::get().stopped("producer", &name, 2);
    assert_eq!(Book::get().run("consumer", &name), "HelloWorld!\n");
}

#[test]
fn the_calls_of_posix_do_what_they_say() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let object = Posix::create(&name, 0o600).unwrap();
    let again = Posix::create(&name, 0o600).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(object.len().unwrap(), 0);
    object.set_len(10).unwrap();
    object.reserve(4096).unwrap();
    assert_eq!(object.len().unwrap(), 4096);
    let memory = object.map(4096).unwrap();
    // SAFETY: the byte is there, and nobody else uses it.
    unsafe { memory.as_ptr().write(b'x') };
    let reading = Posix::open_to_read(&name).unwrap();
    assert!(reading.is_being_written().unwrap());
    drop(object);
    assert!(reading.is_being_written().unwrap(), "it is still mapped");
    drop(memory);
    // A child of another test may have it for a moment, before it executes its program.
    until("nobody writes", || {
        (!reading.is_being_written().unwrap()).then_some(())
    });
    let memory = reading.map_to_read(4096).unwrap();
    // SAFETY: nobody writes to it.
    assert_eq!(unsafe { memory.bytes() }[..2], *b"x\0");
    assert!(reading.map_to_read(4097).is_err());
    assert_eq!(
        Posix::create_or_open(&name, 0).unwrap().len().unwrap(),
        4096
    );
    assert_eq!(fs::read(name.path()).unwrap()[0], b'x');
    Posix::unlink(&name).unwrap();
    let gone = [
        Posix::unlink(&name).unwrap_err(),
        Posix::open(&name).unwrap_err(),
    ];
    assert!(
        gone.iter()
            .all(|error| error.kind() == std::io::ErrorKind::NotFound)
    );
}

#[test]
fn who_asks_is_not_disturbed_by_those_who_open() {
    let scratch = Scratch::new();
    let name = scratch.name();
    drop(Posix::create(&name, 0o600).unwrap());
    let opening = thread::spawn({
        let name = name.clone();
        move || (0..20_000).for_each(|_| drop(Posix::open(&name).unwrap()))
    });
    let reading = Posix::open_to_read(&name).unwrap();
    let mut answers = [0, 0];
    while !opening.is_finished() {
        answers[usize::from(reading.is_being_written().unwrap())] += 1;
    }
    opening.join().unwrap();
    assert!(answers.iter().all(|&count| count > 0), "{answers:?}");
}
