//! What is done to the buffers of the exercises: small programs that are explored, for the broken
//! buffer and the repaired one alike.

use std::iter;
use std::rc::Rc;

use aqueduct::model::{self, Model};
use aqueduct::platform::Ordering::Relaxed;
use aqueduct::platform::{Atomic, Cell};

use super::exercise::WRONG_ITEMS;

/// A plain variable.
pub(super) type Plain = model::Cell<u32>;
/// An atomic variable.
pub(super) type Word = model::AtomicU32;

/// Reads a plain variable.
#[track_caller]
pub(super) fn read(variable: &Plain) -> u32 {
    // SAFETY: the machine reports a race before the pointer is used.
    variable.with(|value| unsafe { *value })
}

/// Writes a plain variable.
#[track_caller]
pub(super) fn write(variable: &Plain, new: u32) {
    // SAFETY: the machine reports a race before the pointer is used.
    variable.with_mut(|value| unsafe { *value = new });
}

/// A variable of either kind.
pub(super) trait Variable {
    /// One that holds 0.
    fn zero() -> Self;

    /// What it holds, for a picture.
    fn look(&self) -> u32;
}

impl Variable for Plain {
    fn zero() -> Self {
        Cell::new(0)
    }

    fn look(&self) -> u32 {
        read(self)
    }
}

impl Variable for Word {
    fn zero() -> Self {
        Atomic::new(0)
    }

    fn look(&self) -> u32 {
        self.load(Relaxed) // a picture sees the newest value
    }
}

/// A bounded buffer that only tries.
pub(super) trait Bounded: Default + 'static {
    /// Puts an item in, if there is room.
    fn produce(&self, item: u32) -> bool;

    /// Takes an item out, if there is one.
    fn consume(&self) -> Option<u32>;

    /// The array, and the variables beside it.
    fn picture(&self) -> String;
}

/// A buffer whose consumer can wait for an item.
pub(super) trait Awaited: Bounded {
    /// Takes an item out; sleeps while there is none.
    fn wait(&self) -> u32;
}

/// Lets the bodies use the `Buffer` of a module: an array named `buffer`, and these variables. All
/// begin with 0.
macro_rules! bounded {
    ($($variable:ident),+) => {
        impl Default for Buffer {
            fn default() -> Self {
                use $crate::cli::lab::bodies::Variable;
                Buffer {
                    buffer: std::array::from_fn(|_| Variable::zero()),
                    $($variable: Variable::zero()),+
                }
            }
        }

        impl $crate::cli::lab::bodies::Bounded for Buffer {
            fn produce(&self, item: u32) -> bool {
                Buffer::produce(self, item)
            }

            fn consume(&self) -> Option<u32> {
                Buffer::consume(self)
            }

            fn picture(&self) -> String {
                use $crate::cli::lab::bodies::{Variable, picture};
                let variables = [$((stringify!($variable), self.$variable.look())),+];
                picture(&self.buffer.each_ref().map(Variable::look), &variables)
            }
        }
    };
}
pub(super) use bounded;

/// `buffer [1 2]  in 1, out 0`.
pub(super) fn picture(items: &[u32], variables: &[(&str, u32)]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    let variables = variables.iter().map(|(name, value)| {
        let name = name.trim_start_matches("r#");
        format!("{name} {value}")
    });
    let variables: Vec<String> = variables.collect();
    format!("buffer [{}]  {}", items.join(" "), variables.join(", "))
}

/// Says in a drawing who the calling thread is.
fn acts_as(who: &str) {
    model::note(|| format!("({who})"));
}

/// An empty buffer, which is drawn where a run fails.
fn buffer<B: Bounded>() -> Rc<B> {
    let buffer = Rc::<B>::default();
    let drawn = Rc::clone(&buffer);
    model::watch(move || drawn.picture());
    buffer
}

/// All that is left; more than there can be shows that there is no end.
fn rest(buffer: &impl Bounded) -> impl Iterator<Item = u32> {
    iter::from_fn(|| buffer.consume()).take(4)
}

/// What went in comes out.
fn compare(produced: &[u32], consumed: &[u32]) {
    assert!(
        produced == consumed,
        "{produced:?} {WRONG_ITEMS} {consumed:?}"
    );
}

/// One item is in the buffer. A producer tries to put in two more, and a consumer tries to take out
/// two. What came out, and in the end what is left, is what went in, in order. The outcome is what
/// came out at once.
pub(super) fn one_each<B: Bounded>(name: &str) -> Model {
    Model::new(name, || {
        let buffer = buffer::<B>();
        assert!(buffer.produce(1), "there is room for one");
        let producing = model::spawn({
            let buffer = Rc::clone(&buffer);
            move || {
                acts_as("the producer");
                [2, 3]
                    .into_iter()
                    .take_while(|&item| buffer.produce(item))
                    .count()
            }
        });
        acts_as("the consumer");
        let mut consumed: Vec<u32> = (0..2).filter_map(|_| buffer.consume()).collect();
        let early = format!("{consumed:?} came out at once");
        let produced = 1 + producing.join().unwrap();
        consumed.extend(rest(&*buffer));
        compare(&[1, 2, 3][..produced], &consumed);
        early
    })
    .at_least(50)
}

/// Two producers try to put in an item each. What comes out in the end is what went in; the outcome
/// is that.
pub(super) fn two_producers<B: Bounded>(name: &str) -> Model {
    Model::new(name, || {
        let buffer = buffer::<B>();
        let producing = [1, 2].map(|item| {
            let buffer = Rc::clone(&buffer);
            model::spawn(move || {
                acts_as("a producer");
                buffer.produce(item).then_some(item)
            })
        });
        let produced = producing.map(|producing| producing.join().unwrap());
        let produced: Vec<u32> = produced.into_iter().flatten().collect();
        let consumed: Vec<u32> = rest(&*buffer).collect();
        let mut sorted = consumed.clone();
        sorted.sort_unstable();
        compare(&produced, &sorted);
        format!("{consumed:?} came out")
    })
    .at_least(50)
}

/// A consumer waits for the item that a producer puts in.
pub(super) fn one_waits<B: Awaited>(name: &str) -> Model {
    Model::new(name, || {
        let buffer = buffer::<B>();
        let consuming = model::spawn({
            let buffer = Rc::clone(&buffer);
            move || {
                acts_as("the consumer");
                buffer.wait()
            }
        });
        acts_as("the producer");
        assert!(buffer.produce(1), "there is room for one");
        let consumed = consuming.join().unwrap();
        compare(&[1], &[consumed]);
        format!("[{consumed}] came out")
    })
    .at_least(20)
}
