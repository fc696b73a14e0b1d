//! "Did you mean": the nearest of the names that would have been right.

/// The candidate that `typed` was most likely meant to be, if one is near enough.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && *candidate != typed)
        .map(|candidate| {
            let distance =
                if candidate.eq_ignore_ascii_case(typed) { 0 } else { strsim::osa_distance(typed, candidate) };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A list for a sentence: `a`, `b` and `c`; only the first few of many.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = names.into_iter().collect();
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [..] if names.len() > SHOWN => format!("{} and {} more", quoted.join(", "), names.len() - SHOWN),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}
