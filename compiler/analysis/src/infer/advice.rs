//! What to do about a value of the wrong type.

use super::Infer;
use crate::scope::variants;
use crate::suggest::list;
use crate::ty::{Ty, converts};

impl Infer<'_> {
    /// An imperative that gets from a `from` to a `to`.
    pub(super) fn advice(&self, from: &Ty, to: &Ty) -> String {
        let from = from.single();
        match (from, to.present()) {
            (Ty::Optional(inner), _) if converts(self.db, inner, to) => {
                "say what to use instead when it is missing: `value ?? other`".to_owned()
            }
            (Ty::Call(call), _) if call.outputs.len() > 1 => {
                let first = call.outputs.first().map_or("", |(name, _)| name);
                let names = list(call.outputs.iter().map(|(name, _)| name.as_str()));
                format!("choose one of its outputs: {names}, as in `x.{first}`")
            }
            (Ty::Family(_), _) => "choose one member by its key: `xs[key]`".to_owned(),
            (Ty::Enum(_) | Ty::Int | Ty::Bool | Ty::Duration, Ty::String) => {
                "make a text of it: `\"#{value}\"`".to_owned()
            }
            (_, Ty::Enum(def)) => {
                let names = list(variants(self.db, *def).iter().map(smol_str::SmolStr::as_str));
                format!("write one of its variants, without quotes: {names}")
            }
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
