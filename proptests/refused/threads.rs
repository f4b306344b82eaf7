//! What goes from one thread to another, and what several may use at once.

use std::cell::Cell;
use std::rc::Rc;

use aqueduct::buffer::{frames, mpmc, spsc};
use aqueduct::open::{self, mailbox, pipe, sealed};
use aqueduct::platform::native::Native;
use aqueduct::select::Select;
use aqueduct::{shm, threads};

fn goes<T: Send>() {}
fn is_shared<T: Sync>() {}

type Side<'a, T> = spsc::Producer<&'a spsc::Ring<Native, T>>;
type Many<'a, T> = mpmc::Producer<&'a mpmc::Ring<Native, T>>;

fn main() {
    goes::<open::Sender<u64>>();
    goes::<open::Receiver<u64>>();
    goes::<sealed::Sender<u64>>();
    goes::<mailbox::Mailbox<u64>>();
    is_shared::<mailbox::Mailbox<u64>>();
    goes::<pipe::Reader>();
    goes::<threads::Sender<String>>();
    goes::<Side<'static, String>>();
    is_shared::<Box<frames::Frames<Native>>>();
    is_shared::<shm::Mapping>();
    goes::<threads::Sender<Rc<u8>>>(); // `Rc<u8>` cannot be sent between threads safely
    goes::<threads::Receiver<Rc<u8>>>(); // `Rc<u8>` cannot be sent between threads safely
    goes::<Side<'static, Rc<u8>>>(); // `Rc<u8>` cannot be sent between threads safely
    goes::<Many<'static, Rc<u8>>>(); // `Rc<u8>` cannot be sent between threads safely
    is_shared::<Box<spsc::Ring<Native, Rc<u8>>>>(); // `Rc<u8>` cannot be sent between threads safely
    goes::<threads::MailboxSender<Rc<u8>>>(); // `Rc<u8>` cannot be sent between threads safely
    is_shared::<open::Sender<u64>>(); // `NonNull<aqueduct::link::Link<Native
    is_shared::<sealed::Receiver<u64>>(); // `NonNull<aqueduct::link::Link<Wary
    goes::<Select<'static, open::Receiver<u64>>>(); // `NonNull<AtomicU32>` cannot be sent between threads safely
    is_shared::<Cell<u8>>(); // `std::cell::Cell<u8>` cannot be shared between threads safely
}
