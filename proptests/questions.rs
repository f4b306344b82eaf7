//! The four questions: the table in the documentation, and that the answers are true.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use aqueduct::kernel::{self, fifo, network};
use aqueduct::open::{self, call, direct};
use aqueduct::pipe::duplex::Duplex;
use aqueduct::pipe::turns::Talking;
use aqueduct::questions::{Answered, Answers, Reach, Relation, Traffic};
use aqueduct::threads;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::pipe::on_name;
use crate::running::{Running, aqueduct};
use crate::scratch::Scratch;
use crate::shm::{helper, name_for_helper};

/// Every kind, as the documentation calls it.
fn all() -> Vec<(&'static str, Answers)> {
    fn of<A: Answered>(name: &'static str) -> (&'static str, Answers) {
        (name, A::ANSWERS)
    }
    vec![
        of::<io::PipeWriter>("ordinary pipe, `kernel::pipe`"),
        of::<fifo::Writer>("named pipe, `kernel::fifo`"),
        of::<UnixStream>("socket pair, `kernel::socket_pair`"),
        of::<TcpStream>("TCP, `kernel::network`"),
        of::<threads::PipeWriter>("pipe between threads, `threads::pipe`"),
        of::<open::pipe::Writer>("pipe in shared memory, `open::pipe`"),
        of::<Duplex<open::pipe::Reader, open::pipe::Writer>>("two of them, `pipe::duplex`"),
        of::<Talking<TcpStream>>("TCP in turns, `pipe::turns`"),
        of::<threads::Sender<u64>>("link between threads, `threads::bounded`"),
        of::<threads::MailboxSender<u64>>("mailbox between threads, `threads::mailbox`"),
        of::<open::Sender<u64>>("link on a name, `open`"),
        of::<open::mailbox::Sender<u64>>("mailbox on a name, `open::mailbox`"),
        of::<direct::Sender<u64>>("direct link, `open::direct`"),
        of::<call::Client<u64, u64>>("request and reply, `open::call`"),
    ]
}

/// The table between these two in the page.
const BEGIN: &str = "<!-- answers -->\n";
const END: &str = "<!-- end of the answers -->\n";

fn table() -> String {
    let mut table = String::from("| | one way or both? | who can be at the ends? | over what? |\n");
    table.push_str("|---|---|---|---|\n");
    for (name, answers) in all() {
        let Answers {
            traffic,
            relation,
            reach,
        } = answers;
        let _ = writeln!(table, "| {name} | {traffic} | {relation} | {reach} |");
    }
    table
}

#[test]
fn the_page_says_what_the_types_answer() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipe.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the table begins");
    let (found, after) = rest.split_once(END).expect("the table ends");
    if std::env::var_os("AQUEDUCT_RENDER").is_some() {
        let text = format!("{before}{BEGIN}{}{END}{after}", table());
        fs::write(page, text).unwrap();
    } else {
        assert_eq!(
            found,
            table(),
            "AQUEDUCT_RENDER=1 cargo test writes it anew"
        );
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn is_a_stranger() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut writer = open::pipe::Options::new().writer(&name).unwrap();
    writer.write_all(b"a stranger").unwrap();
}

#[test]
fn strangers_meet_by_a_name() {
    let scratch = Scratch::new();
    let mut stranger = Running::start(&mut helper("questions::is_a_stranger", &scratch.name()));
    let mut said = String::new();
    let mut reader = open::pipe::Options::new().reader(&scratch.name()).unwrap();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(said, "a stranger");
    stranger.wait().expect(0);
    // The kernel's: a shell, which knows the path alone.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    fifo::create(&path, 0o600).unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "printf 'a stranger' > \"$0\""])
        .arg(&path);
    let mut stranger = Running::start(&mut shell);
    let mut said = String::new();
    fifo::reader(&path)
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(said, "a stranger");
    stranger.wait().expect(0);
}

/// Whether a program that this process executes has a descriptor of this number.
fn is_inherited(descriptor: i32) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("test -e /proc/self/fd/{descriptor}")]);
    shell.status().unwrap().success()
}

#[test]
fn strangers_cannot_use_what_has_no_name() {
    let (writer, reader) = kernel::pipe().unwrap();
    let (one, other) = kernel::socket_pair().unwrap();
    for end in [writer.as_fd(), reader.as_fd(), one.as_fd(), other.as_fd()] {
        assert!(!is_inherited(end.as_raw_fd()));
        // It lies in no folder: what it is called here is no path.
        let called = fs::read_link(format!("/proc/self/fd/{}", end.as_raw_fd())).unwrap();
        assert!(called.is_relative(), "{}", called.display());
    }
    // A relative has it, if it was meant to.
    fcntl(&reader, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
    assert!(is_inherited(reader.as_raw_fd()));
}

#[test]
fn a_child_can_use_what_it_inherits() {
    let (writer, mut reader) = kernel::pipe().unwrap();
    // The end of this process goes with the command.
    let spawned = Command::new("printf").arg("a child").stdout(writer).spawn();
    let mut child = spawned.unwrap();
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(said, "a child");
    assert!(child.wait().unwrap().success());
}

#[test]
fn one_way_is_one_way() {
    let (writer, reader) = kernel::pipe().unwrap();
    let written = nix::unistd::write(&reader, b"x");
    assert_eq!(written, Err(nix::errno::Errno::EBADF));
    let read = nix::unistd::read(&writer, &mut [0]);
    assert_eq!(read, Err(nix::errno::Errno::EBADF));
}

#[test]
fn a_network_link_has_an_address_that_others_can_be_told() {
    let (listener, address) = network::listen().unwrap();
    let connecting = thread::spawn(move || network::connect(address).unwrap());
    let here = network::accept(&listener).unwrap();
    let there = connecting.join().unwrap();
    assert_eq!(here.local_addr().unwrap(), address);
    assert_eq!(there.peer_addr().unwrap(), address);
    assert!(address.ip().is_loopback(), "traffic stays on this machine");
    assert_eq!(TcpStream::ANSWERS.reach, Reach::Network);
    // What has a path has no address.
    let (one, _other) = kernel::socket_pair().unwrap();
    assert!(one.peer_addr().unwrap().is_unnamed());
    assert_eq!(UnixStream::ANSWERS.reach, Reach::Machine);
}

#[test]
fn show_says_what_a_pipe_answers() {
    let scratch = Scratch::new();
    let _ends = on_name(&scratch.name(), 0);
    let name = scratch.name().to_string();
    let mut show = aqueduct(["show", &name]);
    let output = show.stdout(std::process::Stdio::piped()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers = open::pipe::Writer::ANSWERS;
    assert_eq!(answers.traffic, Traffic::OneWay);
    assert_eq!(answers.relation, Relation::Strangers);
    for answer in [
        answers.traffic.to_string(),
        answers.relation.to_string(),
        answers.reach.to_string(),
        String::from("a pipe"),
    ] {
        assert!(text.contains(&answer), "{answer}: {text}");
    }
}
