//! Numbers and durations: what a run of digits and letters is worth. Knows nothing of tokens.

/// What a number is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Int(i64),
    /// In milliseconds.
    Duration(u64),
}

/// What is wrong with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadNumber {
    pub(crate) headline: String,
    pub(crate) help: Option<String>,
    /// What it should be replaced by.
    pub(crate) instead: Option<String>,
}

/// The units of durations, in milliseconds.
const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Units that people write and what they mean.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("millis", "ms"),
];

/// The unit that a word is or means.
pub(crate) fn unit(word: &str) -> Option<&'static str> {
    let known = UNITS.iter().find(|(name, _)| *name == word).map(|(name, _)| *name);
    known.or_else(|| OTHER_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, real)| *real))
}

/// Reads a word that begins with a digit.
pub(crate) fn read(word: &str) -> Result<Number, BadNumber> {
    let split = word.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(word.len());
    let (digits, unit) = word.split_at(split);
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.ends_with('_') || digits.contains("__") {
        return Err(BadNumber {
            headline: format!("the `_` in `{word}` do not stand between digits"),
            help: Some("write one `_` between two digits, or none".into()),
            instead: Some(format!("{plain}{unit}")),
        });
    }
    let too_large = || BadNumber {
        headline: format!("`{word}` is too large"),
        help: Some(if unit.is_empty() {
            format!("write a number up to {}", i64::MAX)
        } else {
            "write a shorter duration".to_owned()
        }),
        instead: None,
    };
    let Ok(value) = plain.parse::<i64>() else { return Err(too_large()) };
    if unit.is_empty() {
        return Ok(Number::Int(value));
    }
    if let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) {
        let millis = value.unsigned_abs().checked_mul(*scale).filter(|it| i64::try_from(*it).is_ok());
        return millis.map(Number::Duration).ok_or_else(too_large);
    }
    let meant = OTHER_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    Err(match meant {
        Some((_, real)) => BadNumber {
            headline: format!("`{unit}` is not a unit of time"),
            help: Some(format!("did you mean `{digits}{real}`?")),
            instead: Some(format!("{digits}{real}")),
        },
        None => BadNumber {
            headline: format!("`{word}` is neither a number nor a duration"),
            help: Some("units of time are `ms`, `s`, `min`, `h` and `d`; a name does not begin with a digit".into()),
            instead: None,
        },
    })
}
