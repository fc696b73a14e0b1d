//! What a script of a plan becomes on this machine: its text, and the variables that carry what it reads.
//!
//! A list that it spreads is known by now, so each of its elements becomes a variable of its own, a word where it
//! is read.

use flow_plan::model::{Const, Location, Position, Script, ScriptPart, Value};
use flow_plan::script::{Rendered, render};

use crate::compute::{is_there, list};
use crate::scope::{Problem, Scope};

/// The variable that holds the job's private folder.
pub(crate) const ROOT: &str = "FLOW_TEMP";

/// The script's text, and its variables with their values.
pub(crate) fn resolve(script: &Script, scope: &Scope<'_>) -> Result<(String, Vec<(String, String)>), Problem> {
    let mut parts = Vec::new();
    for part in &script.parts {
        // Of a family that is spread, members that are not there are left out.
        if let ScriptPart::Path { location: Location::Consumed { input, .. }, position: Position::Bare } = part
            && input.contains('/')
            && scope.absent.contains(input)
        {
            continue;
        }
        let ScriptPart::Spread { variable, value } = part else {
            parts.push(part.clone());
            continue;
        };
        let spread = match value {
            Value::Path(location) if location.is_pattern() => Const::List(scope.matching(location)?),
            value => scope.eval(value)?,
        };
        let words = match spread {
            Const::List(items) => items,
            // An optional is a list of one or none.
            other if is_there(&other) && list(&other).is_err() => vec![other],
            _ => Vec::new(),
        };
        for (index, word) in words.into_iter().enumerate() {
            if index > 0 {
                parts.push(ScriptPart::Text(" ".to_owned()));
            }
            let (variable, value) = (format!("{variable}_{index}"), Value::Const(word));
            parts.push(ScriptPart::Read { variable, value, position: Position::Bare });
        }
    }
    let Rendered { text, reads } = render(&Script { shell: script.shell, parts }, (ROOT, ""));
    let reads: Result<Vec<(String, String)>, Problem> =
        reads.iter().map(|(name, value)| Ok((name.clone(), scope.text(value)?))).collect();
    Ok((text, reads?))
}
