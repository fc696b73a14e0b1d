//! What to do about a value of the wrong type.

use smol_str::SmolStr;

use super::graph::is_plain;
use super::{Infer, Where, signature};
use crate::db::Def;
use crate::place::Finding;
use crate::scope::variants;
use crate::suggest::list;
use crate::ty::{Ty, converts};
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// Says in which arguments two variants of one artifact differ, and what to do about it.
    pub(super) fn about_variants(&self, finding: Finding, def: Def, from: &[Norm], to: &[Norm]) -> Finding {
        let params = &signature(self.db, def).params;
        let differing: Vec<(&SmolStr, &Norm, &Norm)> = params
            .iter()
            .zip(from.iter().zip(to))
            .filter(|(_, (from, to))| from != to && !matches!(to, Norm::Any | Norm::Unknown) && **from != Norm::Unknown)
            .map(|(param, (from, to))| (&param.name, from, to))
            .collect();
        let shown: Vec<String> = differing
            .iter()
            .map(|(name, from, to)| {
                let to = to.display(self.db);
                match from {
                    Norm::Value(from) => format!("`{name}` is `{}`, not `{to}`", from.display(self.db)),
                    from => format!("`{name}` is `{}`, which need not be `{to}`", from.display(self.db)),
                }
            })
            .collect();
        let finding =
            finding.note(format!("they are variants of one artifact that hold different files: {}", shown.join(", ")));
        match differing.as_slice() {
            // A symbol that may well have the value that is wanted.
            [(_, from @ Norm::Symbol(symbol), to @ Norm::Value(value))]
                if self.domain(symbol).is_none_or(|values| values.contains(value)) =>
            {
                finding.help(match value {
                    ConstValue::Bool(true) => format!("test it around this: `if {symbol} {{ … }}`"),
                    ConstValue::Bool(false) => format!("test it around this: `if !{symbol} {{ … }}`"),
                    _ => {
                        let (from, to) = (from.display(self.db), to.display(self.db));
                        format!("test it around this: `if {from} == {to} {{ … }}`")
                    }
                })
            }
            [(_, Norm::Value(_), Norm::Value(value))] => {
                finding.help(format!("give the variant for `{}`", value.display(self.db)))
            }
            _ => finding,
        }
    }

    /// An imperative that gets from a `from` to a `to`.
    pub(super) fn advice(&self, from: &Ty, to: &Ty) -> String {
        let from = from.single();
        match (from, to.present()) {
            (Ty::Optional(inner), _)
                if converts(self.db, inner, to)
                    && matches!(self.place, Where::Pipeline | Where::Flow)
                    && !is_plain(inner.single()) =>
            {
                "call it where the value is there: `if x != none { … }`; or let it take a value that may be missing, `T?`"
                    .to_owned()
            }
            (Ty::Optional(inner), _) if converts(self.db, inner, to) => {
                "say what to use instead when it is missing: `value ?? other`".to_owned()
            }
            (Ty::Call(call), _) if call.outputs.len() > 1 => {
                let first = call.outputs.first().map_or("", |(name, _)| name);
                let names = list(call.outputs.iter().map(|(name, _)| name.as_str()));
                format!("choose one of its outputs: {names}, as in `x.{first}`")
            }
            (Ty::List(inner), Ty::File | Ty::Exec) if converts(self.db, inner, to.present()) => {
                "take one file, `file(\"…\")`, or make the output all of them: `[file] = \"*\"`".to_owned()
            }
            (Ty::File | Ty::Exec, Ty::List(inner)) if converts(self.db, from, inner) => {
                "take all that match a pattern: `files(\"dist/*\")`".to_owned()
            }
            (Ty::File | Ty::Exec, Ty::Opaque) => "take the directory: `dir(\"…\")`".to_owned(),
            (Ty::Artifact(def, args), Ty::File | Ty::Exec | Ty::Opaque) => {
                let fields = self.fields_of(*def, args);
                let names: Vec<&str> = fields
                    .iter()
                    .filter(|field| converts(self.db, &field.ty, to))
                    .map(|field| field.name.as_str())
                    .collect();
                match names.as_slice() {
                    [] => "give an output of a job, or take what a tool left behind: `file(\"…\")`, `dir(\"…\")`"
                        .to_owned(),
                    _ => format!("name one of its fields: {}", list(names.iter().copied())),
                }
            }
            (Ty::Family(_), _) => "choose one member by its key: `xs[key]`".to_owned(),
            (Ty::Enum(_) | Ty::Int | Ty::Bool | Ty::Duration, Ty::String) => {
                "make a text of it: `\"#{value}\"`".to_owned()
            }
            (_, Ty::Enum(def)) => {
                let names = list(variants(self.db, *def).iter().map(smol_str::SmolStr::as_str));
                format!("write one of its variants, without quotes: {names}")
            }
            (Ty::Optional(_), Ty::Bool) => "ask whether it is there: `x != none`".to_owned(),
            (_, Ty::Bool) => "write `true` or `false`, without quotes, or a comparison".to_owned(),
            (Ty::String, Ty::Int) => "write a number, without quotes".to_owned(),
            (Ty::Int, Ty::Duration) => "add a unit: `30s`, `20min`, `1h`".to_owned(),
            (_, Ty::List(inner)) if converts(self.db, from, inner) => "put it in brackets: `[…]`".to_owned(),
            (_, Ty::File | Ty::Exec | Ty::Opaque) => {
                "give an output of a job, or take what a tool left behind: `file(\"…\")`, `dir(\"…\")`".to_owned()
            }
            _ => format!("give {}", super::article(&self.show(to))),
        }
    }
}
