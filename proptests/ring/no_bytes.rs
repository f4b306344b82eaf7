//! Messages of no bytes: as many as can be counted fit, and one batch may have them all.

use aqueduct::buffer::spsc::on_heap;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

/// A batch goes a quarter round the count, which wraps in the fourth.
#[test]
fn they_go_round_the_count() {
    const MANY: usize = 1 << 62;
    let capacity = Capacity::new(MANY).expect("a power of two");
    let (mut producer, mut consumer) = on_heap::<Native, ()>(capacity).expect("it has no bytes");
    for _ in 0..5 {
        assert_eq!(producer.push_slice(&[(); MANY]), Ok(MANY));
        assert_eq!(producer.room(1), Ok(0));
        assert_eq!(consumer.filled(MANY), Ok(MANY));
        assert_eq!(consumer.pop_slice(&mut [(); MANY]), Ok(MANY));
        for _ in 0..300 {
            assert_eq!(consumer.filled(1), Ok(0));
            assert_eq!(producer.push(()), Ok(()));
            assert_eq!(consumer.filled(2), Ok(1));
            assert_eq!(consumer.pop(), Ok(()));
            assert_eq!(producer.room(MANY), Ok(MANY));
        }
    }
    let (head, tail) = consumer.ring().positions();
    assert_eq!((head, tail), (consumer.position(), producer.position()));
}
