//! The courses that many peers take part in.

use aqueduct::bench::ends::{Queue, RecvBlock, RecvWord, SendBlock, SendWord};
use aqueduct::bench::{About, Contestant, Course, Made, duplex};

/// Numbers one by one: there and back in `trips`, which is the course of those that are busy or that of
/// those asleep; and in a stream.
pub fn words<R: RecvWord + 'static, S: SendWord + 'static>(
    trips: Course,
    about: &About,
    make: impl Fn(&str) -> Made<R, S> + Copy + 'static,
) -> [Contestant; 2] {
    let there_and_back = move |name: &str| {
        let there = make(&format!("{name}-there"));
        duplex(there, make(&format!("{name}-back")))
    };
    [
        Contestant::round_trip(trips, about.clone(), there_and_back),
        Contestant::one_by_one(about.clone(), make),
    ]
}

/// Blocks of both sizes.
pub fn blocks<R, S, Q, T>(
    about: &About,
    small: impl Fn(&str) -> Made<R, S> + 'static,
    large: impl Fn(&str) -> Made<Q, T> + 'static,
) -> [Contestant; 2]
where
    R: RecvBlock + 'static,
    S: SendBlock + 'static,
    Q: RecvBlock + 'static,
    T: SendBlock + 'static,
{
    [
        Contestant::blocks(Course::Kilobytes, about.clone(), small),
        Contestant::blocks(Course::Blocks, about.clone(), large),
    ]
}

/// A queue that one thread uses alone.
pub fn uncontended<Q: Queue + 'static>(about: About, make: impl Fn() -> Q + 'static) -> Contestant {
    Contestant::queue(Course::Uncontended, about, move || Ok(make()))
}

/// A queue that many threads share.
pub fn contended<Q: Queue + 'static>(
    about: &About,
    make: impl Fn() -> Q + Copy + 'static,
) -> [Contestant; 3] {
    let all = [
        Course::TwoToTwo,
        Course::FourToFour,
        Course::SixteenToSixteen,
    ];
    all.map(|course| Contestant::queue(course, about.clone(), move || Ok(make())))
}
