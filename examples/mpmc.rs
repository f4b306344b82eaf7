//! Two threads share the work that two others bring, and what a dead worker held is done after all:
//! `cargo run --example mpmc`.

use std::mem;
use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

/// A job; 0 says that there are no more.
type Job = u32;
type Jobs = Ring<Native, Job>;

/// Brings `count` jobs, the first of which has the number `first`.
fn bring(jobs: &Jobs, owner: u16, first: Job, count: u32) {
    // SAFETY: no other thread has this number.
    let producer = unsafe { Producer::attach(jobs, Owner::new(owner)) };
    for job in first..first + count {
        while let Err(error) = producer.push(job) {
            match error {
                PushError::Full(_) | PushError::Busy(..) => thread::yield_now(),
                PushError::Corrupt(_) => panic!("{error}"),
            }
        }
    }
}

/// Works until there is nothing more to do; returns the sum of the jobs.
fn work(jobs: &Jobs, owner: u16) -> u32 {
    // SAFETY: no other thread has this number; all messages are jobs.
    let consumer = unsafe { Consumer::attach(jobs, Owner::new(owner)) };
    let mut sum = 0;
    loop {
        match consumer.pop() {
            Ok(0) => return sum,
            Ok(job) => sum += job,
            Err(PopError::Empty | PopError::Busy(_)) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Two bring jobs, two work; returns what each of the two did.
fn share(capacity: usize) -> Result<[u32; 2], Box<dyn std::error::Error>> {
    let jobs = boxed::<Jobs>(Capacity::new(capacity)?, Position::new(0))?;
    Ok(thread::scope(|scope| {
        let workers = [3, 4].map(|owner| {
            let jobs = &jobs;
            scope.spawn(move || work(jobs, owner))
        });
        let bringers = [(1, 1), (2, 101)].map(|(owner, first)| {
            let jobs = &jobs;
            scope.spawn(move || bring(jobs, owner, first, 100))
        });
        for bringer in bringers {
            bringer.join().expect("it does not panic");
        }
        for _ in 0..2 {
            bring(&jobs, 1, 0, 1);
        }
        workers.map(|worker| worker.join().expect("it does not panic"))
    }))
}

/// A worker dies in the middle of a job; another one finds it, marked.
fn die() -> Result<(Job, bool), Box<dyn std::error::Error>> {
    let jobs = boxed::<Jobs>(Capacity::new(10)?, Position::new(0))?;
    bring(&jobs, 1, 7, 1);
    let dead = Owner::new(2);
    // SAFETY: no other one has this number; all messages are jobs.
    let worker = unsafe { Consumer::attach(&*jobs, dead) };
    // A guard that is forgotten: a process that was killed there.
    mem::forget(worker.pop_ref()?);
    // SAFETY: as above.
    let survivor = unsafe { Consumer::attach(&*jobs, Owner::new(3)) };
    assert_eq!(survivor.pop(), Err(PopError::Empty));
    // SAFETY: the dead one does nothing more.
    unsafe { jobs.recover(dead) }?;
    let job = survivor.pop_ref()?;
    let marked = job.maybe_redelivered();
    Ok((job.into_inner(), marked))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [one, two] = share(10)?;
    println!("jobs 1 to 200, their sum: {one} + {two} = {}", one + two);
    let (job, marked) = die()?;
    println!("job {job} was a dead worker's; marked as maybe done before: {marked}");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_jobs_are_done_once() {
        for capacity in [1, 2, 10] {
            let done = super::share(capacity).unwrap();
            assert_eq!(done.iter().sum::<u32>(), 20_100);
        }
    }

    #[test]
    fn a_dead_workers_job_comes_back() {
        assert_eq!(super::die().unwrap(), (7, true));
    }
}
