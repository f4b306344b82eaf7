//! The peer stands still at each of its accesses, for as long as others can go on: a try ends by
//! itself, and who waits goes on with the peer.

use super::alive::wait_for_sender;
use super::{receive_all, send_up_to};
use crate::memory::{VICTIM, memory};
use aqueduct::model::{self, Model, attempt};

/// The most accesses of a try while nobody sleeps: the peer's seat, its position, a slot, the own
/// position, and the fence and the bell of the peer; and that it is rung lightly from now on, and a fence.
const A_TRY: usize = 8;

/// Each with all its outcomes, and about half of the executions that it has.
pub fn models() -> Vec<Model> {
    let tries = [
        receiver_tries()
            .outcomes([
                "[] early, 1 sent",
                "[0] early, 1 sent",
                "[0] early, 2 sent",
                "[0, 1] early, 2 sent",
            ])
            .at_least(2_000),
        sender_tries()
            .outcomes([
                "1 sent, [] received",
                "1 sent, [0] received",
                "2 sent, [0] received",
                "2 sent, [0, 1] received",
            ])
            .at_least(2_000),
    ];
    tries.into_iter().chain(waiting()).collect()
}

/// Those in which the survivor sleeps.
pub fn waiting() -> [Model; 3] {
    let whole = ["(Some(Ok(())), [0, 1], Closed)"];
    [
        sender_stops().outcomes(whole).at_least(600),
        receiver_stops().outcomes(whole).at_least(800),
        wait_for_sender().bound(1).at_least(600),
    ]
}

fn sender_stops() -> Model {
    Model::new("the sender stands still, the receiver waits", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let sending = model::process(VICTIM, move || send_up_to(&mut sender, 2));
        let (received, why) = receive_all(&mut receiver);
        format!("({:?}, {received:?}, {why:?})", sending.join())
    })
    .bound(1)
}

fn receiver_stops() -> Model {
    Model::new("the receiver stands still, the sender waits", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let receiving = model::process(VICTIM, move || receive_all(&mut receiver));
        let sent = send_up_to(&mut sender, 2);
        drop(sender);
        let (received, why) = receiving.join().unwrap();
        format!("({:?}, {received:?}, {why:?})", Some(sent))
    })
    .bound(1)
}

fn receiver_tries() -> Model {
    Model::new("the sender stands still, the receiver tries", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let sending = model::process(VICTIM, move || {
            let sent = (0..2).take_while(|&message| sender.try_send(message).is_ok());
            sent.count()
        });
        let tries = (0..2).filter_map(|_| attempt(A_TRY, || receiver.try_recv()).ok());
        let early: Vec<u32> = tries.collect();
        let sent = sending.join().unwrap();
        let (late, _) = receive_all(&mut receiver);
        let all = [early.clone(), late].concat();
        assert_eq!(all, [0, 1][..sent]);
        format!("{early:?} early, {sent} sent")
    })
    .bound(3)
}

fn sender_tries() -> Model {
    Model::new("the receiver stands still, the sender tries", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let receiving = model::process(VICTIM, move || {
            let received: Vec<u32> = (0..2).filter_map(|_| receiver.try_recv().ok()).collect();
            (received, receiver)
        });
        let sent =
            (0..2).take_while(|&message| attempt(A_TRY, || sender.try_send(message)).is_ok());
        let sent = sent.count();
        drop(sender);
        let (received, mut receiver) = receiving.join().unwrap();
        let (late, _) = receive_all(&mut receiver);
        assert_eq!([received.clone(), late].concat(), [0, 1][..sent]);
        format!("{sent} sent, {received:?} received")
    })
    .bound(3)
}
