//! What a script reads, put into its text: const values written in where that is plainly safe, all else
//! through variables of the step's environment.

use flow_analysis::Finding;
use flow_analysis::script::plainly_safe;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_syntax::Code;
use flow_syntax::tree::{self, Expr, HoleKind, Place, PlaceStep, TextPart};

use super::compute::those_there;
use super::name::{shown, unique, variable};
use super::scope::{Result, Scope};
use super::value::{Val, constant};
use crate::model::{Position, ScriptPart, Shell, Value, ValueType};

/// What a script reads, as it is put together.
pub(super) struct Reads {
    pub parts: Vec<ScriptPart>,
    pub shell: Shell,
    /// Plainly safe text may stand at this point as it is.
    pub literal: bool,
    /// Variables that mean something else.
    pub taken: Vec<String>,
}

impl Reads {
    pub(super) fn text(&mut self, text: &str) {
        if let Some(ScriptPart::Text(last)) = self.parts.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.parts.push(ScriptPart::Text(text.to_owned()));
        }
    }

    pub(super) fn read(
        &mut self,
        scope: &Scope<'_>,
        e: &Expr,
        val: &Val,
        spread: bool,
        position: Position,
    ) -> Result<()> {
        if spread {
            let items: Vec<Val> = match val {
                Val::Family(members) => members.iter().map(|(_, val)| val.clone()).collect(),
                Val::List(items) => items.to_vec(),
                Val::Const(ConstValue::List(items)) => items.iter().cloned().map(Val::Const).collect(),
                Val::Const(ConstValue::None) => Vec::new(),
                Val::Const(value) => vec![Val::Const(value.clone())],
                Val::Files(files) if files.leaf().is_none_or(|leaf| !matches!(leaf.ty, Ty::List(_))) => {
                    vec![val.clone()]
                }
                other => {
                    let Some(value) = scope.late(other) else {
                        return scope.not_built(e.span, "spreading this");
                    };
                    if self.shell == Shell::Python {
                        let list =
                            scope.ty(e.span).is_some_and(|ty| matches!(ty.present(), Ty::List(_) | Ty::Family(_)));
                        let around = if list {
                            ("*__import__(\"json\").loads(", " or \"[]\")")
                        } else {
                            ("*filter(None, [", "])")
                        };
                        return self.wrapped(e, value, around);
                    }
                    self.spread(e, value);
                    return Ok(());
                }
            };
            if items.iter().any(|item| may_lack(item).is_some()) {
                let there = items.iter().map(|item| Some((scope.late(item)?, may_lack(item))));
                let Some(there) = there.collect() else { return scope.not_built(e.span, "spreading this") };
                let value = those_there(there);
                self.spread(e, value);
                return Ok(());
            }
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    self.text(if self.shell == Shell::Python { ", " } else { " " });
                }
                self.read(scope, e, item, false, position)?;
            }
            return Ok(());
        }
        match val {
            Val::Const(value) => match literal(self.shell, position, value) {
                Some(text) if self.literal || self.shell == Shell::Cmd => {
                    self.text(&text);
                    Ok(())
                }
                None if self.shell == Shell::Cmd => Err(vec![
                    Finding::new(Code::NotText, scope.at(e.span), "`cmd` cannot quote a text safely")
                        .label(format!("this is `{}` here", value.text().unwrap_or_default().escape_debug()))
                        .help("use `pwsh` or `bash`, or a text of letters, digits and `_./:@+,-`"),
                ]),
                _ => self.variable(e, Value::Const(constant(value)), position),
            },
            Val::Files(files) => match files.location() {
                // Which file that is, is known when it is there.
                Some(location) if location.is_pattern() => match scope.late(val) {
                    Some(value) => self.variable(e, value, position),
                    None => Err(Vec::new()),
                },
                Some(location) => {
                    self.parts.push(ScriptPart::Path { location, position });
                    Ok(())
                }
                None if files.json(scope.db).is_some() => match scope.late(val) {
                    Some(value) => self.variable(e, value, position),
                    None => Err(Vec::new()),
                },
                None => Err(vec![
                    Finding::new(
                        Code::UnknownField,
                        scope.at(e.span),
                        format!("this variant of the artifact has no `{}`", files.part),
                    )
                    .label("with the arguments of a call")
                    .help("read it under an `if` on the same condition as the field's"),
                ]),
            },
            other => match scope.late(other) {
                Some(value) => {
                    if self.shell == Shell::Python
                        && let Some(around) = scope.travels(e.span).as_ref().and_then(python)
                    {
                        return self.wrapped(e, value, around);
                    }
                    self.variable(e, value, position)
                }
                None => scope.not_built(e.span, "reading this"),
            },
        }
    }

    fn variable(&mut self, e: &Expr, value: Value, position: Position) -> Result<()> {
        let variable = self.named(e, &value);
        self.parts.push(ScriptPart::Read { variable, value, position });
        Ok(())
    }

    /// A value with text of the script around it.
    fn wrapped(&mut self, e: &Expr, value: Value, (before, after): (&str, &str)) -> Result<()> {
        self.text(before);
        self.variable(e, value, Position::Bare)?;
        self.text(after);
        Ok(())
    }

    /// A list, spread; a second time it comes in by the same variable.
    fn spread(&mut self, e: &Expr, value: Value) {
        let same = self.parts.iter().find_map(|part| match part {
            ScriptPart::Spread { variable, value: other } if *other == value => Some(variable.clone()),
            _ => None,
        });
        let variable = same.unwrap_or_else(|| self.named(e, &value));
        self.parts.push(ScriptPart::Spread { variable, value });
    }

    /// The variable that carries a value.
    fn named(&self, e: &Expr, value: &Value) -> String {
        let same = self.parts.iter().find_map(|part| match part {
            ScriptPart::Read { variable, value: other, .. } if other == value => Some(variable.clone()),
            _ => None,
        });
        same.unwrap_or_else(|| {
            let base = variable(e);
            let base = if self.taken.contains(&base) { format!("FLOW_{base}") } else { base };
            let parts = &self.parts;
            let taken = &self.taken;
            unique(base, '_', |name| {
                taken.iter().any(|it| it == name)
                    || parts.iter().any(|part| match part {
                        ScriptPart::Read { variable, .. } | ScriptPart::Spread { variable, .. } => variable == name,
                        _ => false,
                    })
            })
        })
    }
}

/// Whether files are there, where they may not be.
fn may_lack(val: &Val) -> Option<Value> {
    let Val::Files(files) = val else { return None };
    let optional = files.optional || files.leaf().is_some_and(|leaf| leaf.optional);
    files.location().filter(|_| optional).map(Value::Present)
}

/// What makes of a variable's text Python's own value of the type; nothing for a text.
fn python(ty: &ValueType) -> Option<(&'static str, &'static str)> {
    Some(match ty {
        ValueType::Int => ("int(", ")"),
        ValueType::Bool => ("(", " == \"true\")"),
        ValueType::List(_) | ValueType::Record { .. } => ("__import__(\"json\").loads(", ")"),
        ValueType::Optional(inner) => match python(inner) {
            Some(_) => ("__import__(\"json\").loads(", " or \"null\")"),
            None => ("(", " or None)"),
        },
        ValueType::String | ValueType::Enum { .. } | ValueType::Duration => return None,
    })
}

/// A const value as text of the script, where that is plainly safe.
fn literal(shell: Shell, position: Position, value: &ConstValue) -> Option<String> {
    let text = value.text()?;
    if !plainly_safe(&text) {
        return None;
    }
    Some(match (shell, value) {
        (Shell::Python, ConstValue::Int(_)) | (Shell::Pwsh, ConstValue::Int(_)) => text,
        (Shell::Python, ConstValue::Bool(true)) => "True".to_owned(),
        (Shell::Python, ConstValue::Bool(false)) => "False".to_owned(),
        (Shell::Python, _) => format!("\"{text}\""),
        (Shell::Pwsh, _) if position == Position::Bare => format!("\"{text}\""),
        _ => text,
    })
}

/// A script's title: its first line.
pub(super) fn title(scope: &Scope<'_>, script: &tree::Script) -> String {
    const LONGEST: usize = 72;
    let mut text = String::new();
    for part in &script.text.parts {
        match part {
            TextPart::Literal { value, .. } => text.push_str(value),
            TextPart::Hole(hole) => match &hole.kind {
                HoleKind::Read { value, .. } => match scope.try_const(value).ok().and_then(|value| value.text()) {
                    Some(value) => text.push_str(&value),
                    None => text.push_str(&shown(value)),
                },
                HoleKind::Claim(place) => text.push_str(&place_text(place)),
            },
        }
    }
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("script");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// `server.binary`.
fn place_text(place: &Place) -> String {
    let mut text = place.root.text.to_string();
    for step in &place.steps {
        if let PlaceStep::Field(field) = step {
            text.push('.');
            text.push_str(&field.text);
        }
    }
    text
}

pub(super) fn shell(shell: tree::Shell) -> Shell {
    match shell {
        tree::Shell::Sh => Shell::Sh,
        tree::Shell::Bash => Shell::Bash,
        tree::Shell::Pwsh => Shell::Pwsh,
        tree::Shell::Cmd => Shell::Cmd,
        tree::Shell::Python => Shell::Python,
    }
}
