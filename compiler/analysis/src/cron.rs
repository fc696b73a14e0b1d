//! Times of schedules: five fields of a POSIX crontab, and the names of time zones.

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

struct Field {
    noun: &'static str,
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { noun: "minute", low: 0, high: 59, names: &[] },
    Field { noun: "hour", low: 0, high: 23, names: &[] },
    Field { noun: "day of the month", low: 1, high: 31, names: &[] },
    Field { noun: "month", low: 1, high: 12, names: &MONTHS },
    Field { noun: "day of the week", low: 0, high: 7, names: &DAYS },
];

/// What is wrong with five cron fields.
pub(crate) fn cron_problem(cron: &str) -> Option<String> {
    if let Some(short) = cron.trim().strip_prefix('@') {
        return Some(format!("`@{short}` is a short form that hosted CI does not know"));
    }
    let fields: Vec<&str> = cron.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("it has {} fields, not 5", fields.len()));
    }
    let mut sets: Vec<Vec<u32>> = Vec::with_capacity(fields.len());
    for (text, field) in fields.iter().zip(&FIELDS) {
        match values(text, field) {
            Ok(set) => sets.push(set),
            Err(why) => return Some(why),
        }
    }
    let [_, _, days, months, _] = sets.as_slice() else { return None };
    // Where a day of the week is given as well, either of the two is enough.
    if fields.last().is_some_and(|field| field.starts_with('*')) {
        let first = days.iter().min().copied().unwrap_or(1);
        if months.iter().all(|month| first > length(*month)) {
            return Some("there is no such day in any of these months, so it would never run".to_owned());
        }
    }
    None
}

/// The values that a field stands for.
fn values(text: &str, field: &Field) -> Result<Vec<u32>, String> {
    let no = || {
        let Field { noun, low, high, .. } = field;
        format!("`{text}` is no {noun}, which goes from {low} to {high}")
    };
    let one = |text: &str| -> Option<u32> {
        if let Some(at) = field.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Some(field.low + u32::try_from(at).ok()?);
        }
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        text.parse().ok().filter(|it| digits && (field.low..=field.high).contains(it))
    };
    let mut all = Vec::new();
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step = match step {
            None => 1,
            Some(step) => step.parse::<usize>().ok().filter(|it| *it > 0).ok_or_else(no)?,
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (field.low, field.high),
            Some((from, to)) => (one(from).ok_or_else(no)?, one(to).ok_or_else(no)?),
            None => {
                let from = one(range).ok_or_else(no)?;
                (from, if step > 1 || part.contains('/') { field.high } else { from })
            }
        };
        if from > to {
            return Err(format!("`{range}` begins after its end"));
        }
        if step > 1 && u32::try_from(step).is_ok_and(|step| step > field.high) {
            return Err(format!("`{part}` steps over all of it: a {} goes up to {}", field.noun, field.high));
        }
        all.extend((from..=to).step_by(step));
    }
    Ok(all)
}

/// The most days that a month has.
const fn length(month: u32) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The first parts of the names of time zones.
const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];

/// What is wrong with the name of a time zone of the IANA database. The cities are too many, and change
/// too often, for a list here: their form is checked.
pub(crate) fn zone_problem(zone: &str) -> Option<String> {
    if zone == "UTC" {
        return None;
    }
    let Some((area, city)) = zone.split_once('/') else {
        return Some(format!("`{zone}` is not the name of a time zone"));
    };
    if !AREAS.contains(&area) {
        let near = crate::suggest::nearest(area, AREAS).map(|near| format!(": did you mean `{near}/{city}`?"));
        return Some(format!("no time zone begins with `{area}/`{}", near.unwrap_or_default()));
    }
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    let parts: Vec<&str> = city.split('/').collect();
    (parts.len() > 2 || !parts.iter().all(|it| part(it))).then(|| format!("`{city}` is not written like a city"))
}

#[cfg(test)]
mod tests {
    use super::{cron_problem, zone_problem};

    #[test]
    fn times_that_are_some() {
        for cron in
            ["0 4 * * 1-5", "*/15 * * * *", "0 0 29 2 *", "5,10 0-6/2 1 jan,JUL sun", "0 0 31 2 1", "0 0 31 2,3 *"]
        {
            assert_eq!(cron_problem(cron), None, "{cron}");
        }
    }

    #[test]
    fn times_that_are_none() {
        for cron in [
            "",
            "0 4 * *",
            "60 * * * *",
            "0 24 * * *",
            "0 0 31 2 *",
            "0 0 30 feb *",
            "0 0 31 4,6,9,11 *",
            "0 0 * * mun",
            "jan * * * *",
            "*/0 * * * *",
            "*/90 * * * *",
            "5-1 * * * *",
            "@daily",
            "+5 * * * *",
        ] {
            assert!(cron_problem(cron).is_some(), "{cron}");
        }
    }

    #[test]
    fn zones() {
        for zone in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            assert_eq!(zone_problem(zone), None, "{zone}");
        }
        for zone in ["", "CET", "Berlin", "europe/Berlin", "Europe/", "Europe/berlin", "Europa/Berlin", "Europe/A/B/C"]
        {
            assert!(zone_problem(zone).is_some(), "{zone}");
        }
    }
}
