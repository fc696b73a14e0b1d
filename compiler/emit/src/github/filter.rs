//! Filters of triggers, in GitHub's pattern language: there, `+` and `?` repeat what stands before
//! them, what excludes counts only after what includes, and a filter of nothing but exclusions lets
//! nothing pass.

use flow_plan::model::Trigger;

use crate::EmitError;
use crate::yaml::{Map, texts};

/// Adds a filter; `None` where there is none.
pub(super) fn push(map: &mut Map, key: &str, patterns: &[String], trigger: &Trigger) -> Result<(), EmitError> {
    if patterns.is_empty() {
        return Ok(());
    }
    let (excluded, included): (Vec<&String>, Vec<&String>) = patterns.iter().partition(|it| it.starts_with('!'));
    if included.is_empty() {
        let bare = excluded.iter().filter_map(|it| it.strip_prefix('!'));
        let all = bare.map(|it| translated(it, trigger)).collect::<Result<Vec<_>, _>>()?;
        map.push(format!("{key}-ignore"), texts(all));
    } else {
        let all = included.into_iter().chain(excluded).map(|it| translated(it, trigger));
        map.push(key, texts(all.collect::<Result<Vec<_>, _>>()?));
    }
    Ok(())
}

/// One pattern. What is between brackets is left as it is, where GitHub says what it means.
fn translated(pattern: &str, trigger: &Trigger) -> Result<String, EmitError> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(it) = rest.chars().next() {
        let taken = match (it, rest.find(']')) {
            ('[', Some(end)) => {
                let set = rest.get(1..end).unwrap_or_default();
                if !set.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it)) {
                    return Err(EmitError::at(
                        &trigger.place,
                        format!(
                            "the pattern `{pattern}` has `[{set}]`: GitHub knows letters, digits and `-`, `_`, `.` there"
                        ),
                        "write one pattern for each of the characters",
                    ));
                }
                out.push_str(rest.get(..=end).unwrap_or_default());
                end + 1
            }
            ('+' | '?', _) => {
                out.push('\\');
                out.push(it);
                1
            }
            _ => {
                out.push(it);
                it.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(out)
}
