//! What people write for sizes, durations, permission bits and users.

use std::time::Duration;

use aqueduct::position::Capacity;
use aqueduct::shm::Uid;
use nix::unistd::User;

/// The suffixes of a number of bytes; the longest that fits counts.
const SIZES: [(&str, u64); 13] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("k", 1 << 10),
    ("K", 1 << 10),
    ("M", 1 << 20),
    ("G", 1 << 30),
    ("T", 1 << 40),
];

/// A capacity in bytes: `65536`, `64K`, `64KiB`, `1M`, `100MB`.
pub(super) fn capacity(text: &str) -> Result<Capacity, String> {
    let (digits, unit) = SIZES
        .iter()
        .find_map(|&(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or((text, 1));
    let count: u64 = digits.trim_end().parse().map_err(|_| {
        "not a number of bytes; write for example 65536, 64K (= 64KiB) or 64KB".to_owned()
    })?;
    let bytes = count
        .checked_mul(unit)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or("more bytes than can be addressed; ask for less")?;
    Capacity::new(bytes).map_err(|error| error.to_string())
}

/// The suffixes of a duration, and their seconds.
const TIMES: [(&str, f64); 7] = [
    ("min", 60.0),
    ("ms", 1e-3),
    ("us", 1e-6),
    ("ns", 1e-9),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// A duration: `5`, `1.5s`, `200ms`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = TIMES
        .iter()
        .find_map(|&(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or((text, 1.0));
    let wrong = || "not a duration; write for example 5, 1.5s, 200ms, 2m or 1h".to_owned();
    let count: f64 = digits.trim_end().parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(count * unit).map_err(|_| wrong())
}

/// Permission bits in octal digits: `600`, `0660`.
pub(super) fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("not permission bits; write octal digits from 0 to 777, such as 660".to_owned()),
    }
}

/// A user, by number or by name.
pub(super) fn owner(text: &str) -> Result<Uid, String> {
    if let Ok(number) = text.parse() {
        return Ok(Uid::from_raw(number));
    }
    match User::from_name(text) {
        Ok(Some(user)) => Ok(user.uid),
        Ok(None) => Err("no such user; give a name or a number that `id` shows".to_owned()),
        Err(error) => Err(format!("cannot look the user up: {error}; give the number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_suffixes_of_other_tools() {
        let table: [(&str, usize); 11] = [
            ("1", 1),
            ("65536", 65536),
            ("64K", 65536),
            ("64k", 65536),
            ("64 KiB", 65536),
            ("64KB", 64000),
            ("64kB", 64000),
            ("1M", 1 << 20),
            ("1MB", 1_000_000),
            ("2GiB", 2 << 30),
            ("1T", 1 << 40),
        ];
        for (text, bytes) in table {
            assert_eq!(capacity(text).map(Capacity::get), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "0",
            "0K",
            "-1",
            "1.5M",
            "K",
            "1X",
            "99999999999999T",
            "18446744073709551615",
        ] {
            assert!(capacity(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_seconds_unless_they_say_otherwise() {
        let table = [
            ("5", 5000),
            ("1.5s", 1500),
            ("200ms", 200),
            ("2m", 120_000),
            ("2min", 120_000),
            ("1h", 3_600_000),
            ("0", 0),
        ];
        for (text, millis) in table {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1", "NaN", "inf", "1 2", "1d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn modes_are_octal() {
        assert_eq!(mode("660"), Ok(0o660));
        assert_eq!(mode("0600"), Ok(0o600));
        for text in ["", "8", "1777", "rw", "-1"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn users_have_numbers_and_names() {
        assert_eq!(owner("1234"), Ok(Uid::from_raw(1234)));
        assert_eq!(owner("root"), Ok(Uid::from_raw(0)));
        assert!(owner("no such user").is_err());
    }
}
