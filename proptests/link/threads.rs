//! The two ends of a link in two threads.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aqueduct::link::local;
use aqueduct::link::{
    Ended, Receiver, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError,
};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use proptest::collection::vec;
use proptest::prelude::*;

use super::End;
use crate::spec::{CASES, Counted, Ledger, config};

/// Nothing here takes so long unless somebody was not woken.
const LONG: Duration = Duration::from_secs(10);

/// How an end waits for what it wants.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// Not at all.
    Not,
    /// For so many microseconds.
    Micros(u64),
    /// For as long as it takes, which is bounded.
    Long,
}

impl Wait {
    fn timeout(self) -> Duration {
        match self {
            Wait::Not => Duration::ZERO,
            Wait::Micros(micros) => Duration::from_micros(micros),
            Wait::Long => LONG,
        }
    }
}

fn waits() -> impl Strategy<Value = Vec<Wait>> {
    let wait = prop_oneof![
        3 => Just(Wait::Not),
        3 => (0..60_u64).prop_map(Wait::Micros),
        4 => Just(Wait::Long),
    ];
    vec(wait, 0..40)
}

/// What became of the messages at one end: the numbers that passed, and how it ended.
#[derive(Debug)]
struct Log {
    passed: Vec<usize>,
    ended: Option<Ended>,
    /// Whether it waited for long, and in vain.
    stuck: bool,
    /// Whether what came back was what had not been sent.
    returned: bool,
    /// Whether it was told of a goodbye that the peer had not said.
    early: bool,
}

impl Log {
    fn new() -> Self {
        Self {
            passed: Vec::new(),
            ended: None,
            stuck: false,
            returned: true,
            early: false,
        }
    }
}

/// Sends a value for each wait, until the link ends.
fn send(
    mut sender: Sender<End<Counted>>,
    ledger: &Ledger,
    waits: &[Wait],
    gone: &AtomicBool,
) -> Log {
    let mut log = Log::new();
    for &wait in waits {
        let number = ledger.next();
        let value = ledger.value();
        let sent = match wait {
            Wait::Not => sender.try_send(value).map_err(|error| match error {
                TrySendError::Full(value) => SendTimeoutError::TimedOut(value),
                TrySendError::Ended(error) => SendTimeoutError::Ended(error),
            }),
            _ => sender.send_timeout(value, wait.timeout()),
        };
        match sent {
            Ok(()) => log.passed.push(number),
            Err(SendTimeoutError::TimedOut(value)) => {
                log.returned &= value.number == number;
                log.stuck = matches!(wait, Wait::Long);
                if log.stuck {
                    break;
                }
            }
            Err(SendTimeoutError::Ended(SendError { message, why })) => {
                log.returned &= message.number == number;
                // Relaxed, here and where it is set: the goodbye itself has to order them.
                log.early = !gone.load(Relaxed);
                log.ended = Some(why);
                break;
            }
        }
    }
    log
}

/// Receives for each wait, until the link ends; and then, if asked, all that is left.
fn receive(
    mut receiver: Receiver<End<Counted>>,
    waits: &[Wait],
    drain: bool,
    gone: &AtomicBool,
) -> Log {
    let mut log = Log::new();
    let rest = std::iter::repeat_n(Wait::Long, if drain { usize::MAX } else { 0 });
    for wait in waits.iter().copied().chain(rest) {
        let message = match wait {
            Wait::Not => receiver.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::TimedOut,
                TryRecvError::Ended(why) => RecvTimeoutError::Ended(why),
            }),
            _ => receiver.recv_timeout(wait.timeout()),
        };
        match message {
            Ok(value) => log.passed.push(value.number),
            Err(RecvTimeoutError::TimedOut) if matches!(wait, Wait::Long) => {
                log.stuck = true;
                break;
            }
            Err(RecvTimeoutError::TimedOut) => {}
            Err(RecvTimeoutError::Ended(why)) => {
                log.ended = Some(why);
                break;
            }
        }
    }
    gone.store(true, Relaxed);
    log
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn nothing_is_lost_between_threads(
        capacity in 1..=5_usize,
        to_send in waits(),
        to_receive in waits(),
        drain in any::<bool>(),
    ) {
        let (sender, receiver) = local::channel::<Native, Counted>(Capacity::new(capacity)?)?;
        let ledger = Ledger::new();
        let gone = AtomicBool::new(false);
        let (sent, received) = thread::scope(|scope| {
            let receiving = scope.spawn(|| receive(receiver, &to_receive, drain, &gone));
            let sent = send(sender, &ledger, &to_send, &gone);
            (sent, receiving.join().expect("it does not panic"))
        });
        prop_assert!(!sent.stuck && !received.stuck, "nobody woke the sleeper");
        prop_assert!(sent.returned, "what was not sent comes back");
        prop_assert!(sent.passed.starts_with(&received.passed), "{:?}, {:?}", sent, received);
        // Each end hears of the other's goodbye only when there was one, the receiver after all
        // that was sent.
        prop_assert!(sent.ended.is_none_or(|why| why == Ended::Closed) && !sent.early);
        if let Some(why) = received.ended {
            prop_assert_eq!((why, sent.passed), (Ended::Closed, received.passed));
            prop_assert_eq!(sent.ended, None, "the receiver was there until then");
        } else {
            prop_assert!(!drain);
        }
        prop_assert_eq!(ledger.alive()?, 0);
    }
}

/// Sends the numbers below `count` through a link that holds `capacity` of them, without a
/// deadline.
fn pass(capacity: usize, count: u64) {
    let capacity = Capacity::new(capacity).expect("a small capacity");
    let (mut sender, mut receiver) = local::channel::<Native, u64>(capacity).expect("a small link");
    let sending = thread::spawn(move || {
        for number in 0..count {
            sender.send(number).expect("the receiver is there");
        }
    });
    for number in 0..count {
        assert_eq!(receiver.recv(), Ok(number));
    }
    assert_eq!(receiver.recv(), Err(Ended::Closed));
    sending.join().expect("it does not panic");
}

#[test]
fn a_hundred_thousand_numbers_pass_in_order() {
    let (done, all) = mpsc::channel();
    thread::spawn(move || {
        for capacity in [1, 2, 3, 7, 17] {
            pass(capacity, 20_000);
            let _ = done.send(capacity);
        }
    });
    for capacity in [1, 2, 3, 7, 17] {
        let answer = all.recv_timeout(3 * LONG);
        assert_eq!(answer, Ok(capacity), "somebody panicked, or was not woken");
    }
}
