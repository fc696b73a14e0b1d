//! What GitHub's expressions come to.

use super::syntax::{Expression, Operator, parse};
use super::value::{Value, fold};

/// How what an expression is asked about went so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// `success()`
    pub success: bool,
    /// `failure()`
    pub failure: bool,
    /// `cancelled()`
    pub cancelled: bool,
}

/// What `hashFiles` does.
pub(super) type HashFiles = dyn Fn(&[String]) -> Result<String, String>;

/// What an expression sees.
pub(super) struct Scope<'a> {
    /// The contexts that may be named at its place, each an object.
    pub(super) contexts: Vec<(&'static str, &'a Value)>,
    /// Where status functions may be called.
    pub(super) status: Option<Status>,
    /// Where `hashFiles` may be called.
    pub(super) hash_files: Option<&'a HashFiles>,
}

impl Scope<'_> {
    /// What `source` comes to.
    pub(super) fn evaluate(&self, source: &str) -> Result<Value, String> {
        let parsed = parse(source).map_err(|error| format!("{error} in: {source}"))?;
        self.value(&parsed).map_err(|error| format!("{error} in: {source}"))
    }

    pub(super) fn value(&self, it: &Expression) -> Result<Value, String> {
        Ok(match it {
            Expression::Null => Value::Null,
            Expression::Bool(it) => Value::Bool(*it),
            Expression::Number(it) => Value::Number(*it),
            Expression::Text(it) => Value::Text(it.clone()),
            Expression::Name(name) => {
                let found = self.contexts.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
                found.ok_or_else(|| format!("{name} may not be named here"))?.1.clone()
            }
            Expression::Call(name, arguments) => self.call(&name.to_ascii_lowercase(), arguments)?,
            Expression::Index(of, index) => indexed(&self.value(of)?, &self.value(index)?),
            Expression::All(of) => all(self.value(of)?),
            Expression::Not(it) => Value::Bool(!self.value(it)?.truthy()),
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right)?,
        })
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Result<Value, String> {
        let left = self.value(left)?;
        match operator {
            Operator::Or if left.truthy() => return Ok(left),
            Operator::And if !left.truthy() => return Ok(left),
            Operator::Or | Operator::And => return self.value(right),
            _ => {}
        }
        let right = self.value(right)?;
        Ok(Value::Bool(match operator {
            Operator::Unequal => !left.equals(&right),
            Operator::Less => left.less(&right),
            Operator::LessOrEqual => left.less(&right) || left.equals(&right),
            Operator::Greater => right.less(&left),
            Operator::GreaterOrEqual => right.less(&left) || left.equals(&right),
            Operator::Equal | Operator::Or | Operator::And => left.equals(&right),
        }))
    }

    fn call(&self, name: &str, arguments: &[Expression]) -> Result<Value, String> {
        let count = |least: usize, most: usize| {
            if (least..=most).contains(&arguments.len()) {
                Ok(())
            } else {
                Err(format!("{name} does not take {} arguments", arguments.len()))
            }
        };
        if let "success" | "failure" | "cancelled" | "always" = name {
            count(0, if name == "success" || name == "failure" { usize::MAX } else { 0 })?;
            let status = self.status.ok_or_else(|| format!("{name}() may not be called here"))?;
            if !arguments.is_empty() {
                return Err(format!("{name}() with names is not known here"));
            }
            return Ok(Value::Bool(match name {
                "success" => status.success,
                "failure" => status.failure,
                "cancelled" => status.cancelled,
                _ => true,
            }));
        }
        if name == "case" {
            count(3, usize::MAX)?;
            return self.case(arguments);
        }
        let values = arguments.iter().map(|it| self.value(it)).collect::<Result<Vec<Value>, String>>()?;
        let at = |index: usize| values.get(index).cloned().unwrap_or_default();
        Ok(match name {
            "contains" => {
                count(2, 2)?;
                contains(&at(0), &at(1))
            }
            "startswith" | "endswith" => {
                count(2, 2)?;
                let both = at(0).is_primitive() && at(1).is_primitive();
                let (whole, part) = (fold(&at(0).text()), fold(&at(1).text()));
                let holds = if name == "startswith" { whole.starts_with(&part) } else { whole.ends_with(&part) };
                Value::Bool(both && holds)
            }
            "format" => {
                count(1, 255)?;
                Value::Text(format(&at(0).text(), values.get(1..).unwrap_or_default())?)
            }
            "join" => {
                count(1, 2)?;
                let separator = if values.len() == 2 { at(1).text() } else { ",".to_owned() };
                match at(0) {
                    Value::List(items) | Value::Found(items) => {
                        Value::Text(items.iter().map(Value::text).collect::<Vec<_>>().join(&separator))
                    }
                    Value::Object(_) => Value::Text(String::new()),
                    it => Value::Text(it.text()),
                }
            }
            "tojson" => {
                count(1, 1)?;
                Value::Text(at(0).json())
            }
            "fromjson" => {
                count(1, 1)?;
                let text = at(0).text();
                serde_json::from_str(&text).map_err(|error| format!("fromJSON of {text:?}: {error}"))?
            }
            "hashfiles" => {
                count(1, 255)?;
                let hash = self.hash_files.ok_or("hashFiles() may not be called here")?;
                Value::Text(hash(&values.iter().map(Value::text).collect::<Vec<_>>())?)
            }
            _ => return Err(format!("there is no function {name}")),
        })
    }

    fn case(&self, arguments: &[Expression]) -> Result<Value, String> {
        let (last, pairs) = arguments.split_last().ok_or("case without arguments")?;
        if !pairs.len().is_multiple_of(2) {
            return Err("case takes pairs and a last value".to_owned());
        }
        for pair in pairs.chunks(2) {
            match self.value(&pair[0])? {
                Value::Bool(true) => return self.value(&pair[1]),
                Value::Bool(false) => {}
                _ => return Err("case predicate must evaluate to a boolean value".to_owned()),
            }
        }
        self.value(last)
    }
}

fn indexed(of: &Value, index: &Value) -> Value {
    let one = |of: &Value| -> Option<Value> {
        match of {
            Value::Object(entries) if index.is_primitive() => {
                let name = index.text();
                entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(&name)).map(|(_, value)| value.clone())
            }
            Value::List(items) => {
                let number = index.number().floor();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
                let at = (0.0..1e9).contains(&number).then_some(number as usize)?;
                items.get(at).cloned()
            }
            _ => None,
        }
    };
    match of {
        Value::Found(items) => Value::Found(items.iter().filter_map(one).collect()),
        of => one(of).unwrap_or_default(),
    }
}

fn all(of: Value) -> Value {
    match of {
        Value::List(items) => Value::Found(items),
        Value::Object(entries) => Value::Found(entries.into_iter().map(|(_, value)| value).collect()),
        Value::Found(items) => Value::Found(
            items
                .into_iter()
                .flat_map(|item| match all(item) {
                    Value::Found(items) => items,
                    _ => Vec::new(),
                })
                .collect(),
        ),
        _ => Value::Null,
    }
}

fn contains(whole: &Value, part: &Value) -> Value {
    Value::Bool(match whole {
        Value::List(items) | Value::Found(items) => items.iter().any(|it| it.equals(part)),
        whole if whole.is_primitive() && part.is_primitive() => fold(&whole.text()).contains(&fold(&part.text())),
        _ => false,
    })
}

fn format(template: &str, arguments: &[Value]) -> Result<String, String> {
    let wrong = || format!("not a format: {template}");
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(doubled) = after.strip_prefix(brace) {
            out.push_str(brace);
            rest = doubled;
            continue;
        }
        let (index, after) = after.split_once('}').filter(|_| brace == "{").ok_or_else(wrong)?;
        let index: usize = index.parse().map_err(|_| wrong())?;
        out.push_str(&arguments.get(index).ok_or_else(wrong)?.text());
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Result<Value, String> {
        let json = r#"{"a":{"result":"success","outputs":{"x":"1"}},"b":{"result":"skipped","outputs":{}},"list":[1,"Two",null]}"#;
        let needs: Value = serde_json::from_str(json).unwrap();
        let status = Some(Status { success: true, failure: false, cancelled: false });
        Scope { contexts: vec![("needs", &needs)], status, hash_files: None }.evaluate(source)
    }

    /// As text, in JSON where it is none.
    fn shown(source: &str) -> String {
        match value(source) {
            Ok(Value::Text(text)) => format!("'{text}'"),
            Ok(it) => it.json().replace(['\n', ' '], ""),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn operators() {
        for (source, wanted) in [
            ("'Main' == 'main'", "true"),
            ("'ß' == 'SS'", "false"),
            ("'' == 0", "true"),
            ("null == ''", "true"),
            ("null == false", "true"),
            ("'0x10' == 16", "true"),
            ("'10' > '9'", "false"),
            ("10 > 9", "true"),
            ("'a' == 0", "false"),
            ("true == 'true'", "false"),
            ("true == '1'", "true"),
            ("needs == needs", "false"),
            ("'a' < 'B'", "true"),
            ("1 < 'x'", "false"),
            ("'x' && 0", "0"),
            ("'' || 'y'", "'y'"),
            ("false || '' || null", "null"),
            ("'false' && 'z'", "'z'"),
            ("!'' && !0 && !null", "true"),
            ("[1]", "error: [ is not expected in: [1]"),
            ("1 == 1 && 2 >= 2 || false", "true"),
            ("!(1 == 2) == true", "true"),
            ("9007199254740993 == 9007199254740992", "true"),
            ("-1.5 < 0", "true"),
            ("'it''s'", "'it's'"),
        ] {
            assert_eq!(shown(source), wanted, "{source}");
        }
    }

    #[test]
    fn lookups() {
        for (source, wanted) in [
            ("needs.a.outputs.x", "'1'"),
            ("needs.A.OUTPUTS.X", "'1'"),
            ("needs['a'].result", "'success'"),
            ("needs.c.outputs.x", "null"),
            ("needs.list[1]", "'Two'"),
            ("needs.list[9]", "null"),
            ("needs.*.result", r#"["success","skipped"]"#),
            ("contains(needs.*.result, 'SKIPPED')", "true"),
            ("contains(needs.*.result, 'failure')", "false"),
            ("needs.*.outputs.x", r#"["1"]"#),
            ("join(needs.list, '-')", "'1-Two-'"),
            ("secrets.x", "error: secrets may not be named here in: secrets.x"),
        ] {
            assert_eq!(shown(source), wanted, "{source}");
        }
    }

    #[test]
    fn functions() {
        for (source, wanted) in [
            ("contains('Hello', 'ELL')", "true"),
            ("contains('10', 1)", "true"),
            ("contains(needs, 'a')", "false"),
            ("startsWith('abc', 'AB') && endsWith('abc', 'C')", "true"),
            ("format('{{{0}}} {1}', 'a', null)", "'{a} '"),
            ("format('{1}', 'a')", "error: not a format: {1} in: format('{1}', 'a')"),
            ("fromJSON('[1, {\"b\": true}]')[1].b", "true"),
            ("fromJSON('x')", "error: fromJSON of \"x\": expected value at line 1 column 1 in: fromJSON('x')"),
            ("toJSON(null)", "'null'"),
            ("toJSON(fromJSON('{\"b\":1,\"a\":[]}'))", "'{\n  \"b\": 1,\n  \"a\": []\n}'"),
            ("case(1 == 2, 'a', true, 'b', 'c')", "'b'"),
            ("case('x', 'a', 'c')", "error: case predicate must evaluate to a boolean value in: case('x', 'a', 'c')"),
            ("success() && always() && !failure() && !cancelled()", "true"),
            ("nothing()", "error: there is no function nothing in: nothing()"),
        ] {
            assert_eq!(shown(source), wanted, "{source}");
        }
    }
}
