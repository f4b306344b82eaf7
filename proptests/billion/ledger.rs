//! Which messages have come, one bit each, and what was wrong with them.

use std::fmt;

use crate::sides::Message;

/// The message of a producer with this number.
pub fn message(producer: usize, number: u64) -> Message {
    (producer as u64) << NUMBER_BITS | number
}

const NUMBER_BITS: u32 = 48;

/// What was wrong: how many messages did not come, came again, came after a later one of the same
/// producer, or were never sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    pub lost: u64,
    pub doubled: u64,
    pub disordered: u64,
    pub unknown: u64,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("none lost, none doubled, each producer's in order");
        }
        let Self {
            lost,
            doubled,
            disordered,
            unknown,
        } = self;
        write!(
            f,
            "{lost} LOST, {doubled} DOUBLED, {disordered} OUT OF ORDER, {unknown} UNKNOWN"
        )
    }
}

/// What came to one consumer.
pub struct Ledger {
    producers: Vec<Producer>,
    faults: Faults,
}

/// What came of one producer.
struct Producer {
    /// How many were sent.
    sent: u64,
    /// The first number that may come.
    next: u64,
    came: Vec<u64>,
}

impl Ledger {
    /// An empty one, for so many messages of each producer.
    pub fn new(sent: &[u64]) -> Self {
        let producer = |&sent| {
            let words = usize::try_from(sent).expect("it fits").div_ceil(64);
            Producer {
                sent,
                next: 0,
                came: vec![0; words],
            }
        };
        Self {
            producers: sent.iter().map(producer).collect(),
            faults: Faults::default(),
        }
    }

    /// A message has come.
    pub fn enter(&mut self, message: Message) {
        let number = message & ((1 << NUMBER_BITS) - 1);
        let producer = usize::try_from(message >> NUMBER_BITS).expect("16 bits");
        let producer = self.producers.get_mut(producer);
        let Some(producer) = producer.filter(|producer| number < producer.sent) else {
            self.faults.unknown += 1;
            return;
        };
        let word = usize::try_from(number / 64).expect("it is below the number of words");
        let bit = 1 << (number % 64);
        if producer.came[word] & bit != 0 {
            self.faults.doubled += 1;
        } else if number < producer.next {
            self.faults.disordered += 1;
        }
        producer.came[word] |= bit;
        producer.next = producer.next.max(number + 1);
    }

    /// What was wrong with all that came to these consumers.
    pub fn close(ledgers: Vec<Self>) -> Faults {
        let merged = ledgers.into_iter().reduce(|mut all, one| {
            all.add(&one);
            all
        });
        let Self {
            producers,
            mut faults,
        } = merged.expect("a consumer");
        for producer in producers {
            let came = producer
                .came
                .iter()
                .map(|word| u64::from(word.count_ones()));
            faults.lost += producer.sent - came.sum::<u64>();
        }
        faults
    }

    fn add(&mut self, other: &Self) {
        for (all, one) in self.producers.iter_mut().zip(&other.producers) {
            for (all, one) in all.came.iter_mut().zip(&one.came) {
                self.faults.doubled += u64::from((*all & one).count_ones());
                *all |= one;
            }
        }
        self.faults.doubled += other.faults.doubled;
        self.faults.disordered += other.faults.disordered;
        self.faults.unknown += other.faults.unknown;
    }
}

/// What is wrong if these numbers of two producers, with 100 messages each, come to two consumers.
#[cfg(test)]
fn judge(comes: [&[(usize, u64)]; 2]) -> Faults {
    let ledgers = comes.map(|messages| {
        let mut ledger = Ledger::new(&[100, 100]);
        for &(producer, number) in messages {
            ledger.enter(message(producer, number));
        }
        ledger
    });
    Ledger::close(ledgers.into())
}

#[test]
fn each_fault_is_seen_as_what_it_is() {
    let all = |producer| (0..100).map(move |number| (producer, number));
    let (one, other): (Vec<_>, Vec<_>) = (all(0).chain(all(1)).collect(), Vec::new());
    let none = Faults::default();
    assert_eq!(judge([&one, &other]), none);
    let (even, odd): (Vec<_>, Vec<_>) = one.iter().partition(|(_, number)| number % 2 == 0);
    assert_eq!(judge([&even, &odd]), none);
    assert_eq!(judge([&even, &odd[..99]]), Faults { lost: 1, ..none });
    assert_eq!(judge([&one, &odd[..1]]), Faults { doubled: 1, ..none });
    let again: Vec<_> = one.iter().chain(&one[199..]).copied().collect();
    assert_eq!(judge([&again, &[]]), Faults { doubled: 1, ..none });
    let mut swapped = one.clone();
    swapped.swap(70, 71);
    assert_eq!(
        judge([&swapped, &[]]),
        Faults {
            disordered: 1,
            ..none
        }
    );
    assert_eq!(
        judge([&one, &[(0, 100), (2, 0)]]),
        Faults { unknown: 2, ..none }
    );
}
