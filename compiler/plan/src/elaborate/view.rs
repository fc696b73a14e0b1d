//! Views of directories, and what these are said to hold.

use flow_analysis::ty::Ty;
use flow_syntax::Span;

use super::scope::{Result, Scope, View};
use super::steps::Steps;
use super::value::{Base, Files, Val};
use crate::model::{Assertion, Consume, Location, Value};

impl<'db> Steps<'db> {
    /// `dir.assert_exists(path)`: a file of a directory that is consumed or has been written.
    pub(super) fn asserted(&mut self, scope: &Scope<'db>, span: Span, dir: &Val, path: &str) -> Result<Val> {
        let Val::Files(files) = dir else { return scope.not_built(span, "an assertion about this") };
        let (Some(location), Some(leaf)) = (files.location(), files.leaf()) else {
            return scope.not_built(span, "an assertion about this");
        };
        let assertion = Assertion { field: leaf.name.to_string(), path: path.to_owned(), place: scope.place(span) };
        self.asserts.push((files.base.clone(), assertion));
        let below = match location {
            Location::Consumed { input, path: dir } => Location::Consumed { input, path: format!("{dir}/{path}") },
            Location::Produced { output, path: dir } => Location::Produced { output, path: format!("{dir}/{path}") },
            other => other,
        };
        Ok(Val::Late(Value::Path(below)))
    }

    /// `subtree`, `filter` and `merge` of what is consumed: made visible with the rest, before the
    /// first step.
    pub(super) fn view_of(&mut self, scope: &Scope<'db>, span: Span, view: View) -> Result<Val> {
        use crate::model::Files as From;
        let source = |steps: &Self, val: &Val| -> Result<From> {
            let Val::Files(files) = val else { return scope.not_built(span, "a view of this") };
            let Base::Consumed(id) = &files.base else {
                return scope.not_built(span, "a view of a directory that is not sealed yet");
            };
            let consume = steps.consumes.iter().chain(&steps.views).find(|it| it.id == *id);
            let Some(consume) = consume else { return Err(Vec::new()) };
            Ok(if files.part.is_empty() {
                consume.from.clone()
            } else {
                From::Part { of: Box::new(consume.from.clone()), field: files.part.clone() }
            })
        };
        let from = match view {
            View::Subtree(of, path) => From::Subtree { of: Box::new(source(self, &of)?), path },
            View::Filter(of, pattern) => From::Filter { of: Box::new(source(self, &of)?), pattern },
            View::Merge(of, identical) => {
                let of = of.iter().map(|val| source(self, val)).collect::<Result<Vec<_>>>()?;
                From::Merge { of, identical }
            }
        };
        let id = format!("view/{}", self.views.len() + 1);
        let leaves = super::consume::directory("view", scope.at(span));
        let schema = super::value::schema(scope.db, &Ty::Opaque, &leaves);
        self.views.push(Consume::new(id.as_str(), from, schema));
        Ok(Val::Files(Files { base: Base::Consumed(id), leaves, part: String::new(), optional: false }))
    }
}
