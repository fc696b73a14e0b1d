//! Schedules: GitHub's cron counts days of the week from 0 to 6, and starts nothing more often than
//! every five minutes.

use flow_plan::model::Trigger;

use crate::EmitError;
use crate::yaml::Map;

/// How many minutes lie between two runs at least.
const SHORTEST: u32 = 5;

/// An item of `schedule`.
pub(super) fn item(trigger: &Trigger) -> Result<Map, EmitError> {
    let Some(cron) = &trigger.cron else {
        return Err(EmitError::at(
            &trigger.place,
            "a schedule has no cron line",
            "write `on schedule { cron = \"…\" }`",
        ));
    };
    if !trigger.branches.is_empty() {
        let message = "GitHub runs schedules on the default branch only";
        return Err(EmitError::at(&trigger.place, message, "remove `branches` from `on schedule`"));
    }
    let fields: Vec<&str> = cron.split_ascii_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(EmitError::at(&trigger.place, format!("`{cron}` is no cron line"), "give it five fields"));
    };
    if is_too_often(minute, hour) {
        return Err(EmitError::at(
            &trigger.place,
            format!("`{cron}` is more often than every {SHORTEST} minutes, and GitHub starts no schedule so often"),
            format!("write `*/{SHORTEST}` or a longer step for the minutes"),
        ));
    }
    let month = month.to_ascii_uppercase();
    let cron = format!("{minute} {hour} {day} {month} {}", sundays(&weekday.to_ascii_uppercase()));
    let zone = trigger.timezone.as_deref().filter(|it| *it != "UTC");
    Ok(Map::new().with("cron", cron).with_some("timezone", zone))
}

/// Days of the week with 0 for a Sunday that is written as 7.
fn sundays(field: &str) -> String {
    let parts = field.split(',').map(|part| {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if !range.contains('7') {
            return part.to_owned();
        }
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let first = from.parse::<usize>().unwrap_or_else(|_| DAYS.iter().position(|it| *it == from).unwrap_or(0));
        let last = to.parse::<usize>().unwrap_or(7);
        let step = step.and_then(|it| it.parse().ok()).unwrap_or(1);
        let mut days: Vec<usize> = (first..=last).step_by(step).map(|it| it % 7).collect();
        days.sort_unstable();
        days.dedup();
        if days.len() == 7 {
            "*".to_owned()
        } else {
            days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
    });
    parts.collect::<Vec<_>>().join(",")
}

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Whether two runs of an hour, or the last of one and the first of the next, are too close.
fn is_too_often(minute: &str, hour: &str) -> bool {
    let mut all: Vec<u32> = minute.split(',').flat_map(minutes).collect();
    all.sort_unstable();
    all.dedup();
    let close = all.iter().zip(all.iter().skip(1)).any(|(one, next)| next - one < SHORTEST);
    let around = match (all.first(), all.last()) {
        (Some(first), Some(last)) if first != last => first + 60 - last < SHORTEST,
        _ => false,
    };
    close || (around && hour.contains(['*', '-', ',']))
}

fn minutes(part: &str) -> Vec<u32> {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let (from, to) = match range.split_once('-') {
        Some((from, to)) => (from.parse().ok(), to.parse().ok()),
        None if range == "*" => (Some(0), Some(59)),
        None => (range.parse().ok(), if step.is_some() { Some(59) } else { range.parse().ok() }),
    };
    let step = step.and_then(|it| it.parse().ok()).filter(|it| *it > 0).unwrap_or(1);
    match (from, to) {
        (Some(from), Some(to)) => (from..=to).step_by(step).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_too_often, sundays};

    #[test]
    fn a_week_begins_with_0() {
        for (given, is) in [
            ("1-5", "1-5"),
            ("7", "0"),
            ("5-7", "0,5,6"),
            ("0-7", "*"),
            ("MON,7", "MON,0"),
            ("SAT-7", "0,6"),
            ("1-7/3", "0,1,4"),
        ] {
            assert_eq!(sundays(given), is, "{given}");
        }
    }

    #[test]
    fn how_often() {
        for (minute, hour) in [("*", "*"), ("*/4", "*"), ("0,3", "4"), ("1-20", "1"), ("0,58", "*")] {
            assert!(is_too_often(minute, hour), "{minute} {hour}");
        }
        for (minute, hour) in [("*/5", "*"), ("0", "*"), ("0,58", "3"), ("17/10", "*"), ("0,30", "*")] {
            assert!(!is_too_often(minute, hour), "{minute} {hour}");
        }
    }
}
