//! Two programs with different definitions of a message of one name: whoever comes is told which part of
//! which type differs.

use std::num::NonZeroU16;

use aqueduct::open::{AttachError, Options, Plain};
use aqueduct::place::header::Message;
use aqueduct::place::{Schema, Unchecked};
use aqueduct::shm::Name;
use zerocopy::{FromBytes, IntoBytes, TryFromBytes};

use crate::shm::Scratch;

/// Definitions of an `Order`, of this program and of another one.
macro_rules! orders {
    ($($program:ident: { $($parts:tt)* })+) => {
        $(mod $program {
            use super::*;
            #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
            #[repr(C)]
            pub struct Order { $($parts)* }
        })+
    };
}

#[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
#[repr(C)]
struct Place {
    x: f32,
    y: f32,
}

mod other {
    use super::*;

    #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
    #[repr(C)]
    pub struct Place {
        pub x: f32,
        pub y: u32,
    }
}

orders! {
    this: { number: u64, place: Place, counts: [u16; 2], rest: [u8; 4], }
    renamed: { id: u64, place: Place, counts: [u16; 2], rest: [u8; 4], }
    another_type: { number: i64, place: Place, counts: [u16; 2], rest: [u8; 4], }
    another_order: { place: Place, number: u64, counts: [u16; 2], rest: [u8; 4], }
    wider: { number: u64, place: Place, counts: [u32; 2], }
    longer: { number: u64, place: Place, counts: [u16; 2], rest: [u8; 4], more: u64, }
    shorter: { number: u64, place: Place, counts: [u16; 4], }
    other_parts: { number: u64, place: other::Place, counts: [u16; 2], rest: [u8; 4], }
}

/// Definitions of what is checked when it arrives.
macro_rules! lights {
    ($($program:ident: $repr:ident { $($variants:tt)* })+) => {
        $(mod $program {
            use super::*;
            #[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
            #[repr($repr)]
            #[allow(dead_code, reason = "two programs know them")]
            pub enum Light { $($variants)* }
        })+
    };
}

lights! {
    here: u8 { Red = 1, Green, }
    renumbered: u8 { Red = 1, Green = 3, }
    without: u8 { Red = 1, }
    blinking: i16 { Steady(u8, u8) = -2, Blinking { on: u8, off: u8 } }
    wide: u16 { Red = 1, Green, }
    with_a_sign: i16 { Steady(u8, u8) = -2, Blinking { on: u8, off: i8 } }
}

/// A structure in place of an enum.
mod no_enum {
    use super::*;

    #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
    #[repr(transparent)]
    pub struct Light(u8);
}

/// Numbers of variants that are computed.
mod computed {
    use super::*;

    const DISCRIMINANT: u8 = 1;

    #[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
    #[repr(u8)]
    #[allow(dead_code, reason = "it is made from bytes")]
    pub enum Light {
        Red = DISCRIMINANT,
        Green = DISCRIMINANT + 1,
    }
}

/// Enums within an enum, of which only the lengths differ, and not their sum.
macro_rules! within {
    ($($program:ident: $one:ident $three:ident)+) => {
        $(mod $program {
            use super::*;
            #[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
            #[repr($one)]
            #[allow(dead_code, reason = "it is made from bytes")]
            pub enum One { Open = 1 }
            #[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
            #[repr(u8)]
            #[allow(dead_code, reason = "it is made from bytes")]
            pub enum Two { Done = 2 }
            #[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
            #[repr($three)]
            #[allow(dead_code, reason = "it is made from bytes")]
            pub enum Three { Gone = 3 }
            #[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
            #[repr(u16)]
            #[allow(dead_code, reason = "it is made from bytes")]
            pub enum Outer { All(One, Two, Three) }
        })+
    };
}

within! {
    short_first: u8 u16
    long_first: u16 u8
}

/// Which of two types of one name is where.
macro_rules! routes {
    ($($program:ident: $one:ty, $two:ty, $three:ty)+) => {
        $(mod $program {
            use super::*;
            #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
            #[repr(C)]
            pub struct Route { from: $one, by: [$two; 2], to: $three }
        })+
    };
}

routes! {
    there: Place, other::Place, Place
    there_too: Place, other::Place, other::Place
    neither: Place, Place, other::Place
}

/// A tuple, of types that have parts, in two ways.
#[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
#[repr(C, packed)]
struct Both<T>(bool, u8, NonZeroU16, [T; 2]);

/// Makes a link of `Other`, and comes to it for `Mine`.
fn told<Mine: Plain, Other: Plain>() -> Option<String> {
    let scratch = Scratch::new();
    let name: &Name = &scratch.name();
    let _made = Options::new().sender::<Other>(name).expect("it is free");
    match Options::new().receiver::<Mine>(name) {
        Ok(_) => None,
        Err(AttachError::Mismatch { source, .. }) => Some(source.to_string()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_mismatch_names_the_part_that_differs() {
    type Unread<T> = Unchecked<T>;
    let table: [(Option<String>, &str); 17] = [
        (
            told::<this::Order, renamed::Order>(),
            "of `Order` it has `id: u64 in 0..8`, this program `number: u64 in 0..8`",
        ),
        (
            told::<this::Order, another_type::Order>(),
            "of `Order` it has `number: i64 in 0..8`, this program `number: u64 in 0..8`",
        ),
        (
            told::<this::Order, another_order::Order>(),
            "of `Order` it has `place: Place in 0..8`, this program `number: u64 in 0..8`",
        ),
        (
            told::<this::Order, wider::Order>(),
            "of `Order` it has `counts: [u32; 2] in 16..24`, \
             this program `counts: [u16; 2] in 16..20`",
        ),
        (
            told::<this::Order, longer::Order>(),
            "of `Order` it has `more: u64 in 24..32`, this program nothing more",
        ),
        (
            told::<longer::Order, this::Order>(),
            "of `Order` it has nothing more, this program `more: u64 in 24..32`",
        ),
        (
            told::<this::Order, shorter::Order>(),
            "of `Order` it has `counts: [u16; 4] in 16..24`, \
             this program `counts: [u16; 2] in 16..20`",
        ),
        (
            told::<[this::Order; 3], [other_parts::Order; 3]>(),
            "of `Place` it has `y: u32 in 4..8`, this program `y: f32 in 4..8`",
        ),
        (
            told::<Unread<here::Light>, Unread<renumbered::Light>>(),
            "of `Light` it has `Green = 3`, this program `Green = 2`",
        ),
        (
            told::<Unread<here::Light>, Unread<without::Light>>(),
            "of `Light` it has nothing more, this program `Green = 2`",
        ),
        (
            told::<Unread<Both<blinking::Light>>, Unread<Both<with_a_sign::Light>>>(),
            "of `Light` it has `Blinking = -1 with on: u8, off: i8`, \
             this program `Blinking = -1 with on: u8, off: u8`",
        ),
        (
            told::<Unread<here::Light>, Unread<wide::Light>>(),
            "of `Light` it has `repr u16`, this program `repr u8`",
        ),
        (
            told::<Unread<here::Light>, Unread<no_enum::Light>>(),
            "of `Light` it has `0: u8 in 0..1`, this program `repr u8`",
        ),
        (
            told::<Unread<short_first::Outer>, Unread<long_first::Outer>>(),
            "of `One` it has `repr u16`, this program `repr u8`",
        ),
        (
            told::<there::Route, there_too::Route>(),
            "of `Route` it has `to: Place#2 in 24..32`, this program `to: Place in 24..32`",
        ),
        (
            told::<there::Route, neither::Route>(),
            "of `Route` it has `to: Place#2 in 24..32`, this program `to: Place in 24..32`",
        ),
        (
            told::<Unread<computed::Light>, Unread<renumbered::Light>>(),
            "of `Light` it has `Green = 3`, this program `Green = 2`",
        ),
    ];
    for (told, expected) in table {
        let told = told.expect(expected);
        assert!(told.starts_with("its messages are another `"), "{told}");
        assert!(
            told.ends_with(&format!("this program's: {expected}")),
            "{told}"
        );
    }
}

#[test]
fn one_definition_is_one_link() {
    mod twice {
        use super::*;

        #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
        #[repr(C)]
        pub struct Order {
            number: u64,
            place: Place,
            counts: [u16; 2],
            rest: [u8; 4],
        }
    }
    assert_eq!(told::<this::Order, twice::Order>(), None);
    assert_eq!(
        told::<Unchecked<here::Light>, Unchecked<computed::Light>>(),
        None
    );
    assert_eq!(told::<there::Route, there::Route>(), None);
}

#[test]
fn a_header_shows_the_schema() {
    let lines: Vec<_> = Message::of::<Unchecked<Both<this::Order>>>()
        .lines()
        .collect();
    assert_eq!(
        lines,
        [
            "Unchecked<Both<Order>>",
            "Both<Order>",
            " 0: bool in 0..1",
            " 1: u8 in 1..2",
            " 2: NonZero<u16> in 2..4",
            " 3: [Order; 2] in 4..52",
            "Order",
            " number: u64 in 0..8",
            " place: Place in 8..16",
            " counts: [u16; 2] in 16..20",
            " rest: [u8; 4] in 20..24",
            "Place",
            " x: f32 in 0..4",
            " y: f32 in 4..8",
        ]
    );
}

/// A structure of so many fields that a header has no room for all of them.
macro_rules! long {
    ($($program:ident: $last:ty)+) => {
        $(mod $program {
            use super::*;
            type Numbers = [u64; 4];
            #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
            #[repr(C)]
            pub struct Long {
                the_first_of_many_fields: Numbers, the_second_of_many_fields: Numbers,
                the_third_of_many_fields: Numbers, the_fourth_of_many_fields: Numbers,
                the_fifth_of_many_fields: Numbers, the_sixth_of_many_fields: Numbers,
                the_seventh_of_many_fields: Numbers, the_eighth_of_many_fields: Numbers,
                the_ninth_of_many_fields: Numbers, the_tenth_of_many_fields: Numbers,
                the_eleventh_of_many_fields: Numbers, the_twelfth_of_many_fields: Numbers,
                the_thirteenth_of_many_fields: Numbers, the_fourteenth_of_many_fields: Numbers,
                the_fifteenth_of_many_fields: Numbers, the_sixteenth_of_many_fields: Numbers,
                the_seventeenth_of_many_fields: Numbers, the_eighteenth_of_many_fields: Numbers,
                the_nineteenth_of_many_fields: Numbers, the_twentieth_of_many_fields: Numbers,
                and_the_last_of_them: $last,
            }
        })+
    };
}

long! {
    long: f64
    long_too: u64
}

/// One whose last field is the first that a header has no room for, and one that has no such field.
macro_rules! nearly_cut {
    ($($program:ident: [$($more:ident)?])+) => {
        $(mod $program {
            use super::*;
            type Numbers = [u64; 4];
            #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
            #[repr(C)]
            pub struct Cut {
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_1: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_2: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_3: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_4: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_5: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_6: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_7: Numbers,
                a_field_with_a_name_so_long_that_few_of_them_fill_what_there_is_of_room_for_fields_8: Numbers,
                $($more: u64,)?
                the_last: u64,
            }
        })+
    };
}

nearly_cut! {
    cut: [and_one_more_field_that_has_a_name_so_long_that_no_header_has_room_for_this_one_as_well]
    whole: []
}

#[test]
fn what_a_header_has_no_room_for_is_compared_all_the_same() {
    assert_eq!(told::<long::Long, long::Long>(), None);
    let told = told::<long::Long, long_too::Long>().expect("another type");
    assert_eq!(
        told,
        "its messages are another `Long` than this program's: \
         they differ behind line 19 of their schema"
    );
}

#[test]
fn what_was_cut_is_not_said_to_be_missing() {
    let words = [
        "`Cut` (272 bytes, aligned to 8)",
        "`Cut` (264 bytes, aligned to 8)",
    ];
    for (told, [here, there]) in [
        (told::<cut::Cut, whole::Cut>(), words),
        (told::<whole::Cut, cut::Cut>(), [words[1], words[0]]),
    ] {
        let told = told.expect("another type");
        assert_eq!(told, format!("its messages are {there}, not {here}"));
    }
}

#[test]
fn what_an_array_consists_of_is_told_where_its_name_does_not() {
    let lines: Vec<_> = Message::of::<there::Route>().lines().collect();
    let by = lines
        .iter()
        .position(|line| line == "[Place; 2]")
        .expect("told");
    assert_eq!(lines[by + 1], " of Place#2");
}
