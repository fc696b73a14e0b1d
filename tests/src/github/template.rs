//! Texts that hold `${{ }}`, and conditions, which may leave it out.

use super::evaluate::Scope;
use super::syntax::parse;
use super::value::Value;

/// A part of a text.
enum Part<'t> {
    Plain(&'t str),
    Expression(&'t str),
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("${{") {
        if open > 0 {
            all.push(Part::Plain(&rest[..open]));
        }
        let inside = &rest[open + 3..];
        let mut quoted = false;
        let close = inside.char_indices().find(|(at, c)| {
            quoted ^= *c == '\'';
            !quoted && inside[*at..].starts_with("}}")
        });
        let (close, _) = close.ok_or_else(|| format!("an expression is not closed: {text}"))?;
        all.push(Part::Expression(inside[..close].trim()));
        rest = &inside[close + 2..];
    }
    if !rest.is_empty() {
        all.push(Part::Plain(rest));
    }
    Ok(all)
}

/// The expressions in a text.
pub(super) fn sources(text: &str) -> Result<Vec<&str>, String> {
    let parts = parts(text)?;
    Ok(parts
        .into_iter()
        .filter_map(|it| match it {
            Part::Expression(source) => Some(source),
            Part::Plain(_) => None,
        })
        .collect())
}

impl Scope<'_> {
    /// What a text of the file comes to: any value where it is one expression, else a text.
    pub(super) fn expand(&self, text: &str) -> Result<Value, String> {
        let parts = parts(text)?;
        if let [Part::Expression(source)] = parts.as_slice() {
            return self.evaluate(source);
        }
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Plain(text) => out.push_str(text),
                Part::Expression(source) => out.push_str(&self.evaluate(source)?.text()),
            }
        }
        Ok(Value::Text(out))
    }

    /// What a part of the file comes to.
    pub(super) fn expand_all(&self, node: &Value) -> Result<Value, String> {
        Ok(match node {
            Value::Text(text) => self.expand(text)?,
            Value::List(items) => Value::List(items.iter().map(|it| self.expand_all(it)).collect::<Result<_, _>>()?),
            Value::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.expand_all(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
            other => other.clone(),
        })
    }

    /// The same as a text.
    pub(super) fn text(&self, node: &Value) -> Result<String, String> {
        let it = self.expand_all(node)?;
        if it.is_primitive() { Ok(it.text()) } else { Err(format!("a text is wanted, not {}", it.json())) }
    }

    /// A mapping of texts, such as `env`; an expression may stand for all of it.
    pub(super) fn texts(&self, node: &Value) -> Result<Vec<(String, String)>, String> {
        self.expand_all(node)?
            .entries()
            .iter()
            .map(|(key, value)| {
                if value.is_primitive() {
                    Ok((key.clone(), value.text()))
                } else {
                    Err(format!("a text is wanted for {key}, not {}", value.json()))
                }
            })
            .collect()
    }

    /// Whether an `if` holds: `success()` is implied where no status function is called.
    pub(super) fn condition(&self, node: &Value) -> Result<bool, String> {
        let source = match node {
            Value::Null => "success()".to_owned(),
            node => node.text(),
        };
        let source = match parts(&source)?.as_slice() {
            [Part::Expression(inner)] => (*inner).to_owned(),
            parts if parts.iter().any(|it| matches!(it, Part::Expression(_))) => {
                return Err(format!("an `if` that is a text is always true: {source}"));
            }
            _ => source,
        };
        let wrong = |error| format!("{error} in: if: {source}");
        let parsed = parse(&source).map_err(wrong)?;
        if !parsed.calls(&["success", "failure", "always", "cancelled"]) {
            let status = self.status.ok_or_else(|| "a condition may not stand here".to_owned())?;
            if !status.success {
                return Ok(false);
            }
        }
        Ok(self.value(&parsed).map_err(wrong)?.truthy())
    }
}
