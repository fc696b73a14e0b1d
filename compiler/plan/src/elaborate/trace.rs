//! What other jobs and earlier runs make: whose files, of which type.

use std::sync::Arc;

use flow_analysis::DefKind;
use flow_analysis::scope::Res;
use flow_analysis::ty::Ty;
use flow_syntax::tree::{self, ArgValue, Expr, ExprKind};

use super::consume::{Traced, directory};
use super::graph::Graph;
use super::job::{Declared, Made as Kind, asserted_leaf};
use super::scope::{Result, Scope};
use super::value::{Made, Origin, Outputs, Val, leaves, part_of, schema};
use crate::model::{Assertion, Earlier, Files};

impl<'db> Graph<'db> {
    /// `ci.latest(branch: "main")`, `ci.run(id: n)`: what a run of another pipeline exposed, by name.
    pub(super) fn earlier(
        &mut self,
        scope: &mut Scope<'db>,
        e: &Expr,
        callee: &Expr,
        args: &[tree::Arg],
    ) -> Result<Val> {
        let ExprKind::Field { base, name, .. } = &callee.kind else {
            return scope.not_built(callee.span, "calling this from a pipeline");
        };
        let pipeline = match scope.res(base.span) {
            Some(Res::Def(def)) if def.kind(self.db) == DefKind::Pipeline => def.name(self.db).to_string(),
            _ => return scope.not_built(callee.span, "calling this from a pipeline"),
        };
        let mut argument = None;
        if let Some(tree::Arg { value: ArgValue::Expr(value), .. }) = args.first() {
            argument = Some(Box::new(scope.operand(value, self)?.value));
        }
        let run = match (name.text.as_str(), argument) {
            ("latest", branch) => Earlier::Latest { branch },
            (_, Some(id)) => Earlier::Run { id },
            (_, None) => return Err(Vec::new()),
        };
        let Some(ty) = scope.ty(e.span) else { return Err(Vec::new()) };
        let Ty::Call(call) = ty.present() else { return Err(Vec::new()) };
        let mut values = Vec::with_capacity(call.outputs.len());
        for (name, ty) in &call.outputs {
            let whole = scope.instance_type(ty.present());
            // What its maker calls a file is not told; nothing else lies in its folder.
            let path = match &whole {
                Ty::File | Ty::Exec | Ty::Json(_) => Some("*".to_owned()),
                Ty::List(_) => Some("**".to_owned()),
                _ => None,
            };
            let leaves = leaves(self.db, &whole, name, path, scope.at(e.span))
                .map_err(|failure| failure.finding(self.db).into_iter().collect::<Vec<_>>())?;
            let schema = Box::new(schema(self.db, &whole, &leaves));
            let files = Files::Earlier { pipeline: pipeline.clone(), run: run.clone(), name: name.to_string(), schema };
            let source = Origin::Earlier { files, ty: whole, leaves };
            values.push((name.clone(), Val::Made(Made { source, part: String::new(), asserted: None }.into())));
        }
        Ok(Val::Outputs(Outputs { values, jobs: Vec::new() }.into()))
    }

    /// What something that others make is.
    pub(super) fn trace(&self, made: &Made) -> Option<Traced> {
        let (from, ty, leaves, optional) = match &made.source {
            Origin::Output { job, output } => {
                let instance = self.jobs.get(*job)?;
                let declared = find(&instance.built.outputs, output)?;
                let Kind::Files(leaves) = &declared.kind else { return None };
                let from = Files::Output { job: instance.job.id.clone(), output: declared.name.to_string() };
                let optional = declared.always
                    || instance.job.continue_on_error.is_some()
                    || matches!(declared.ty, Ty::Optional(_));
                (from, declared.ty.present().clone(), Arc::clone(leaves), optional)
            }
            Origin::Earlier { files, ty, leaves } => (files.clone(), ty.clone(), Arc::clone(leaves), true),
            Origin::Subtree { of, path } => {
                let Traced { from, optional, leaves, .. } = self.trace(of)?;
                let from = Files::Subtree { of: Box::new(from), path: path.clone() };
                (from, Ty::Opaque, directory("view", leaves.first()?.place), optional)
            }
            Origin::Filter { of, pattern } => {
                let Traced { from, optional, leaves, .. } = self.trace(of)?;
                let from = Files::Filter { of: Box::new(from), pattern: pattern.clone() };
                (from, Ty::Opaque, directory("view", leaves.first()?.place), optional)
            }
            Origin::Merge { of, identical } => {
                let mut all = Vec::new();
                self.merged(of, &mut all)?;
                let place = all.first()?.leaves.first()?.place;
                let optional = all.iter().any(|it| it.optional);
                let of = all.into_iter().map(|it| it.from).collect();
                let from = Files::Merge { of, identical: *identical };
                (from, Ty::Opaque, directory("view", place), optional)
            }
        };
        let mut traced = Traced { from, ty, leaves, optional, asserts: Vec::new() };
        if !made.part.is_empty() {
            let own = part_of(&traced.leaves, &made.part);
            if let [only] = &*own
                && only.name.is_empty()
            {
                traced.ty = only.ty.clone();
                traced.optional |= only.optional;
            }
            traced.leaves = own;
            traced.from = Files::Part { of: Box::new(traced.from), field: made.part.clone() };
        }
        if let Some(asserted) = &made.asserted {
            let dir = traced.leaves.first()?.clone();
            traced.leaves = traced.leaves.iter().cloned().chain([asserted_leaf(&dir, &asserted.path)]).collect();
            let (path, place) = (asserted.path.clone(), asserted.place.clone());
            traced.asserts.push(Assertion { field: dir.name.to_string(), path, place });
        }
        Some(traced)
    }

    fn merged(&self, of: &[Val], all: &mut Vec<Traced>) -> Option<()> {
        for val in of {
            match val {
                Val::Made(made) => all.push(self.trace(made)?),
                Val::Family(members) => {
                    for (_, val) in members.iter() {
                        self.merged(std::slice::from_ref(val), all)?;
                    }
                }
                Val::List(items) => self.merged(items, all)?,
                _ => return None,
            }
        }
        Some(())
    }
}

/// The output `name`, or the member of a family that is called so.
pub(super) fn find<'a>(outputs: &'a [Declared], name: &str) -> Option<&'a Declared> {
    outputs.iter().find_map(|output| match &output.kind {
        _ if output.name == name => Some(output),
        Kind::Family(members) => members.iter().map(|(_, member)| member).find(|member| member.name == name),
        _ => None,
    })
}
