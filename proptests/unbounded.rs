//! The unbounded buffer against its specification: on the heap, and in a shared object as two mappings
//! of it show it.

/// A property for each type of message: what `follow` says of random scripts of the room's own `op`.
macro_rules! each {
    ($($name:ident: $message:ty, $follow:ident;)+) => {
        $(property! {
            fn $name(
                sizes in (1..=17_usize, 1..=8_usize),
                start in starts(),
                script in vec(op(), 0..60),
            ) {
                $follow::<$message>(sizes.into(), start, &script)?;
            }
        })+
    };
}

mod corrupt;
mod drops;
mod gates;
mod killed;
mod many;
mod memory;
mod page;
mod processes;
mod script;
mod space;
