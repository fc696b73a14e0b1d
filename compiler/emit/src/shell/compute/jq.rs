//! Values as programs of jq. What the step has comes in by arguments; no program holds a value that is
//! known later only.

use flow_plan::model::{Compute, Const, FieldKind, Location, Op, Value, ValueType};
use flow_plan::script;

use super::Script;
use crate::lower::names::{name_of, unique};
use crate::lower::types::Items;
use crate::shell::values::LONGEST;

/// A program in the making: its arguments, and the functions that it needs.
#[derive(Default)]
struct Program {
    args: Vec<(String, String)>,
    names: Vec<String>,
    /// Whole numbers are counted with.
    counts: bool,
}

/// Words of jq's.
const KEYWORDS: [&str; 18] = [
    "and", "as", "catch", "def", "elif", "else", "end", "foreach", "if", "import", "include", "label", "module", "not",
    "or", "reduce", "then", "try",
];

/// In a list or a struct a number has to be one that jq and JavaScript know exactly.
const INT: &str = r#"def int: if . > 9007199254740991 or . < -9007199254740991 then error("a whole number in a list or struct has more than 53 bits") else . end; "#;

impl Script<'_> {
    /// A command that prints the value's text; `checked`: its name, for a text that could be too long.
    pub(super) fn jq_command(&mut self, value: &Value, checked: Option<&str>) -> String {
        let mut program = Program::default();
        let ty = self.ty(value);
        // A field of a file by itself.
        if let Value::Json { file, path } = value
            && !self.may_be_absent(file)
        {
            let (first, rest) =
                path.split_first().map_or((".".to_owned(), &[][..]), |(first, rest)| (field(first), rest));
            let filter = rest.iter().fold(first, |filter, it| filter + &member(it));
            let filter = optional(&ty, filter);
            let path = self.host.path(&script::path(file));
            return format!("{} -r{} {} {path}", self.jq_name(), compact(&ty), super::super::word(&filter));
        }
        let mut filter = self.filter(value, &Items::new(), &mut program);
        if let Some(name) = checked.filter(|_| grows(value)) {
            filter = format!(
                "{filter} | if utf8bytelength > {LONGEST} then error(\"{name} is longer than {LONGEST} bytes: make it a file\") else . end"
            );
        }
        let filter = optional(&ty, unwrapped(filter));
        let filter = format!("{}{filter}", if program.counts { INT } else { "" });
        let args: String = program.args.iter().map(|(_, text)| format!("{text} ")).collect();
        format!("{} -nr{} {args}{}", self.jq_name(), compact(&ty), super::super::word(&filter))
    }

    fn may_be_absent(&self, file: &Location) -> bool {
        let (schema, at) = match file {
            Location::Consumed { input, path } => {
                let consume = self.job.consumes.iter().find(|it| it.id == *input);
                if consume.is_some_and(|it| it.optional) {
                    return true;
                }
                (consume.map(|it| &it.schema), path)
            }
            Location::Produced { output, path } => {
                let found = self.job.outputs.iter().find(|it| it.name == *output).map(|it| &it.kind);
                match found {
                    Some(flow_plan::model::OutputKind::Artifact(schema)) => (Some(schema), path),
                    _ => (None, path),
                }
            }
            Location::Value { .. } => return false,
        };
        let field = schema.and_then(|it| it.fields.iter().find(|it| it.kind == FieldKind::Json && it.path == *at));
        field.is_none_or(|it| it.optional)
    }

    /// The filter for a value; what it reads it takes by name, never from `.`.
    fn filter(&mut self, value: &Value, items: &Items, program: &mut Program) -> String {
        if let Value::Item { name, .. } = value
            && items.iter().any(|(it, _)| it == name)
        {
            return format!("${}", variable(name));
        }
        match value {
            Value::Const(it) => it.json().to_string(),
            Value::Declassified { value, .. } => self.filter(value, items, program),
            Value::Json { file, path } => {
                let mut filter = self.file(file, program);
                path.iter().for_each(|it| filter.push_str(&member(it)));
                filter
            }
            Value::Join(parts) if parts.iter().any(|it| has_item(it, items) || self.needs_jq(it)) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|it| match it {
                        Value::Const(it) => Const::Text(it.text()).json().to_string(),
                        it => {
                            let ty = self.ty_within(it, items);
                            let filter = self.filter(it, items, program);
                            printed(&ty, filter)
                        }
                    })
                    .collect();
                format!("({})", parts.join(" + "))
            }
            Value::Compute(it) if !self.is_leaf(value) && self.is_by_jq(value, it, items) => {
                self.applied(value, it, items, program)
            }
            value => self.given(value, program),
        }
    }

    fn is_by_jq(&self, value: &Value, it: &Compute, items: &Items) -> bool {
        has_item(value, items) || (self.needs_jq(value) && !self.counts(it))
    }

    /// What the shell has, by name.
    fn given(&mut self, value: &Value, program: &mut Program) -> String {
        let ty = self.ty(value);
        let word = match ty.present() {
            ValueType::Int if !matches!(ty, ValueType::Optional(_)) => self.int(value),
            _ => self.word(value),
        };
        let json =
            matches!(ty.present(), ValueType::Bool | ValueType::Int | ValueType::List(_) | ValueType::Record { .. });
        let optional = matches!(ty, ValueType::Optional(_));
        let flag = if json && !optional { "--argjson" } else { "--arg" };
        let name = name_of(value);
        let name = argument(program, &name, |name| format!("{flag} {name} {word}"));
        let whole = matches!(ty.present(), ValueType::Int);
        program.counts |= whole;
        let filter = match (json, optional) {
            (_, false) => format!("${name}"),
            (false, true) => format!("(if ${name} == \"\" then null else ${name} end)"),
            (true, true) => format!("(if ${name} == \"\" then null else (${name} | fromjson) end)"),
        };
        if whole && !optional { format!("({filter} | int)") } else { filter }
    }

    fn file(&mut self, file: &Location, program: &mut Program) -> String {
        let path = self.host.path(&script::path(file));
        let base = script::path(file);
        let base = base.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
        let base = crate::lower::names::tidy(&base);
        if self.may_be_absent(file) {
            let local = self.local(&base);
            self.line(format!("{local}=null\nif [ -e {path} ]; then {local}=$(cat {path}); fi"));
            return format!("${}", argument(program, &base, |name| format!("--argjson {name} \"${local}\"")));
        }
        format!("${}[0]", argument(program, &base, |name| format!("--slurpfile {name} {path}")))
    }

    fn applied(&mut self, value: &Value, it: &Compute, items: &Items, program: &mut Program) -> String {
        let none = Value::Const(Const::None);
        let arg = |at: usize| it.args.get(at).map_or(&none, |arg| &arg.value);
        if let Op::Map(name) = &it.op {
            return self.mapped(it, name, items, program);
        }
        let args: Vec<String> = it.args.iter().map(|arg| self.filter(&arg.value, items, program)).collect();
        let of = |at: usize| args.get(at).map_or("null", String::as_str);
        let first = self.ty_within(arg(0), items);
        let whole = |program: &mut Program, text: String| {
            program.counts = true;
            format!("({text} | int)")
        };
        let text = match &it.op {
            Op::Not => format!("({} | not)", of(0)),
            Op::And => format!("({})", args.join(" and ")),
            Op::Or => format!("({})", args.join(" or ")),
            Op::Eq => format!("({} == {})", of(0), of(1)),
            Op::Ne => format!("({} != {})", of(0), of(1)),
            Op::Lt => format!("({} < {})", of(0), of(1)),
            Op::Le => format!("({} <= {})", of(0), of(1)),
            Op::Gt => format!("({} > {})", of(0), of(1)),
            Op::Ge => format!("({} >= {})", of(0), of(1)),
            Op::Neg => format!("(0 - {})", of(0)),
            Op::Add if matches!(first.present(), ValueType::List(_)) => format!("({} + {})", of(0), of(1)),
            Op::Add => whole(program, format!("{} + {}", of(0), of(1))),
            Op::Sub => whole(program, format!("{} - {}", of(0), of(1))),
            Op::Mul => whole(program, format!("{} * {}", of(0), of(1))),
            Op::Div => format!("({} / {} | trunc)", of(0), of(1)),
            Op::Rem => format!("({} as $a | {} as $b | $a - $b * ($a / $b | trunc))", of(0), of(1)),
            Op::Coalesce => format!("({} | if . == null then {} else . end)", of(0), of(1)),
            Op::If => format!("(if {} then {} else {} end)", of(0), of(1), of(2)),
            Op::List => format!("[{}]", args.join(", ")),
            Op::Concat => format!("({})", args.join(" + ")),
            Op::Record => {
                let fields: Vec<(String, ValueType)> = match self.ty_within(value, items) {
                    ValueType::Record { fields, .. } => fields,
                    _ => Vec::new(),
                };
                // In the order that every text of a struct has.
                let mut fields: Vec<_> = fields.iter().zip(&args).collect();
                fields.sort_by(|((a, _), _), ((b, _), _)| a.cmp(b));
                let fields = fields.into_iter();
                let fields: Vec<String> =
                    fields.map(|((name, _), arg)| format!("{}: {arg}", Const::Text(name.clone()).json())).collect();
                format!("{{{}}}", fields.join(", "))
            }
            Op::Field(name) => format!("{}{}", of(0), member(name)),
            Op::Index => format!(
                "({} as $list | {} as $at | if $at < 0 or $at >= ($list | length) then error(\"the list has no element \\($at)\") else $list[$at] end)",
                of(0),
                of(1)
            ),
            Op::StartsWith => format!("({} | startswith({}))", of(0), of(1)),
            Op::EndsWith => format!("({} | endswith({}))", of(0), of(1)),
            Op::Contains if matches!(first.present(), ValueType::List(_)) => {
                format!("({} as $wanted | {} | any(.[]; . == $wanted))", of(1), of(0))
            }
            Op::Contains => format!("({} | contains({}))", of(0), of(1)),
            Op::Lower => format!("({} | ascii_downcase)", of(0)),
            Op::Upper => format!("({} | ascii_upcase)", of(0)),
            Op::Replace => {
                let (from, to) = (not_empty(arg(1), of(1)), of(2));
                format!("({} | split({from}) | join({to}))", of(0))
            }
            Op::Split => format!("({} | if . == \"\" then [\"\"] else split({}) end)", of(0), not_empty(arg(1), of(1))),
            Op::Join => format!("({} | map(if . == null then \"\" else tostring end) | join({}))", of(0), of(1)),
            Op::Trim => format!(
                "({} | sub(\"^[ \\\\t\\\\n\\\\f\\\\r]+\"; \"\") | sub(\"[ \\\\t\\\\n\\\\f\\\\r]+$\"; \"\"))",
                of(0)
            ),
            Op::IsEmpty => format!("({} | length == 0)", of(0)),
            Op::Len => format!("({} | length)", of(0)),
            Op::Map(_) => String::new(),
        };
        let method = matches!(
            it.op,
            Op::StartsWith
                | Op::EndsWith
                | Op::Contains
                | Op::Lower
                | Op::Upper
                | Op::Replace
                | Op::Split
                | Op::Trim
                | Op::Len
        );
        if method && matches!(first, ValueType::Optional(_)) {
            // Of `none` it is `none`.
            return format!("({} | if . == null then null else {text} end)", of(0));
        }
        text
    }

    fn mapped(&mut self, it: &Compute, name: &str, items: &Items, program: &mut Program) -> String {
        let none = Value::Const(Const::None);
        let arg = |at: usize| it.args.get(at).map_or(&none, |arg| &arg.value);
        let list = self.filter(arg(0), items, program);
        let ty = match self.ty_within(arg(0), items).present() {
            ValueType::List(item) => ValueType::clone(item),
            _ => ValueType::String,
        };
        let mut inner = items.clone();
        inner.push((name.to_owned(), ty));
        let filter = it.args.get(2).map(|arg| self.filter(&arg.value, &inner, program));
        let body = self.filter(arg(1), &inner, program);
        let variable = variable(name);
        let filter = filter.map(|it| format!("select({it}) | ")).unwrap_or_default();
        format!("[{list}[] | . as ${variable} | {filter}{body}]")
    }
}

/// The name of an argument of the program; the same argument has one.
fn argument(program: &mut Program, base: &str, text: impl Fn(&str) -> String) -> String {
    let base = variable(base);
    if let Some((name, _)) = program.args.iter().find(|(name, it)| *it == text(name)) {
        return name.clone();
    }
    let name = unique(base, '_', |it| program.names.iter().any(|taken| taken == it));
    program.names.push(name.clone());
    program.args.push((name.clone(), text(&name)));
    name
}

/// A name as one of jq's variables.
fn variable(name: &str) -> String {
    let name = crate::lower::names::tidy(name);
    if KEYWORDS.contains(&name.as_str()) || ["list", "at", "wanted", "a", "b"].contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// What takes a field, after what it is of.
fn member(name: &str) -> String {
    let plain = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
        && name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && !KEYWORDS.contains(&name);
    if plain { format!(".{name}") } else { format!("[{}]", Const::Text(name.to_owned()).json()) }
}

/// A field of what the filter is given.
pub(crate) fn field(name: &str) -> String {
    let member = member(name);
    if member.starts_with('[') { format!(".{member}") } else { member }
}

fn has_item(value: &Value, items: &Items) -> bool {
    let mut found = false;
    value.each(&mut |it| {
        found |= matches!(it, Value::Item { name, .. } if items.iter().any(|(item, _)| item == name));
    });
    found
}

fn not_empty(value: &Value, filter: &str) -> String {
    match value {
        Value::Const(Const::Text(it)) if !it.is_empty() => filter.to_owned(),
        _ => format!("({filter} | if . == \"\" then error(\"an empty text cannot be searched for\") else . end)"),
    }
}

/// The filter without parentheses around all of it.
fn unwrapped(filter: String) -> String {
    let inner = filter.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    let Some(inner) = inner.filter(|it| !it.contains('"')) else { return filter };
    let mut depth = 0;
    for it in inner.chars() {
        match it {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return filter;
        }
    }
    inner.to_owned()
}

/// A value as a part of a text.
fn printed(ty: &ValueType, filter: String) -> String {
    match ty {
        ValueType::String | ValueType::Enum { .. } | ValueType::Duration => filter,
        ValueType::Optional(_) => format!("({filter} | if . == null then \"\" else tostring end)"),
        _ => format!("({filter} | tostring)"),
    }
}

/// `none` is printed as nothing.
fn optional(ty: &ValueType, filter: String) -> String {
    match ty {
        ValueType::Optional(_) => format!("{filter} | if . == null then \"\" else . end"),
        _ => filter,
    }
}

fn compact(ty: &ValueType) -> &'static str {
    match ty.present() {
        ValueType::List(_) | ValueType::Record { .. } => "c",
        _ => "",
    }
}

/// Whether the text can be longer than each of those that it is made of.
pub(super) fn grows(value: &Value) -> bool {
    let mut grows = false;
    value.each(&mut |it| {
        grows |= match it {
            Value::Join(parts) => parts.len() > 1,
            Value::Compute(it) => matches!(it.op, Op::Replace | Op::Join),
            _ => false,
        };
    });
    grows
}
