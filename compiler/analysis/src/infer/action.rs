//! Actions: parameters that they write, and actions that stand once in a job.

use flow_syntax::tree::{self, Expr, ExprKind, ItemKind, Name, Param, ParamMode, Place};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::assign::Target;
use super::{Infer, ParamSig, Signature};
use crate::db::{Def, DefKind, head_broken, syntax};
use crate::place;
use crate::scope::Res;
use crate::suggest::{list, nearest};
use crate::ty::{Ty, converts};
use crate::value::Norm;
use crate::walk;

/// The ways in which arguments of several callers become one.
const MERGES: [&str; 1] = ["union"];

impl Infer<'_> {
    /// How a parameter is passed. All parameters of a `once` action are const.
    pub(super) fn param_mode(&mut self, param: &Param, ty: &Ty) -> ParamMode {
        let item = syntax(self.db, self.def);
        let once = matches!(&item.kind, ItemKind::Action(action) if action.once);
        if let Some(merge) = &param.merge {
            self.merge(param, merge, ty, once);
        }
        if param.mode != ParamMode::Out {
            return if once { ParamMode::Const } else { param.mode };
        }
        let word = Span::new(param.span.start, param.span.start + 3);
        if once {
            let finding = self
                .finding(Code::BadOnce, word, format!("a `once` action cannot write `{}`", param.name.text))
                .label("an `out` parameter")
                .note("it stands once for all of its callers, so it cannot write a place of each")
                .help("give it an output, or drop the `once`");
            self.report(finding);
            return ParamMode::Const;
        }
        if self.def.kind(self.db) != DefKind::Action {
            let what = self.def.kind(self.db).noun();
            let finding = self
                .finding(Code::NotAllowedHere, word, format!("{what} has no `out` parameters"))
                .label("only actions write a place of their caller")
                .help("make it an output, after `->`");
            self.report(finding);
            return ParamMode::Plain;
        }
        if let Some(default) = &param.default {
            let finding = self
                .finding(Code::OutMismatch, default.span, "an `out` parameter has no default")
                .label("nothing to write to")
                .note("the action writes it, so every caller says to which place")
                .help("remove the default")
                .fix("remove the default", self.at(Span::new(param.ty.span.end, default.span.end)), "");
            self.report(finding);
        }
        ParamMode::Out
    }

    fn merge(&mut self, param: &Param, merge: &Name, ty: &Ty, once: bool) {
        if !once {
            let finding = self
                .finding(Code::BadOnce, merge.span, "only a `once` action merges arguments")
                .label("has no effect here")
                .note("arguments are merged where several calls become one")
                .help("write `once action`, or remove the `merge`");
            self.report(finding);
        } else if !merge.is_missing() && !MERGES.contains(&merge.text.as_str()) {
            let finding = self
                .finding(Code::BadOnce, merge.span, format!("arguments cannot be merged by `{}`", merge.text))
                .label("not known");
            let finding = match nearest(&merge.text, MERGES) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("write `union`: every element that some caller names, once"),
            };
            let finding = finding.fix("change it to `union`", self.at(merge.span), "union");
            self.report(finding);
        } else if !matches!(ty, Ty::List(_) | Ty::Error) {
            let shown = self.show(ty);
            let finding = self
                .finding(Code::BadOnce, param.ty.span, format!("{} cannot be merged", super::article(&shown)))
                .label("not a list")
                .note("`union` joins the elements of lists")
                .help(format!("make it a list, `[{shown}]`, or remove the `merge`"));
            self.report(finding);
        }
    }

    /// The parameters that tell calls of a `once` action apart; `None` for other actions.
    pub(super) fn once_signature(&mut self, action: &tree::Action, signature: &Signature) -> Option<Vec<SmolStr>> {
        if !action.once {
            if let (Some(first), Some(last)) = (action.by.first(), action.by.last()) {
                let finding = self
                    .finding(
                        Code::BadOnce,
                        Span::new(first.span.start, last.span.end),
                        "`by` belongs to a `once` action",
                    )
                    .label("tells nothing apart here")
                    .note("every call of another action makes steps of its own")
                    .help("write `once action`, or remove the `by`");
                self.report(finding);
            }
            return None;
        }
        let mut by: Vec<(SmolStr, Span)> = Vec::new();
        for name in action.by.iter().filter(|name| !name.is_missing()) {
            let Some(param) = signature.params.iter().find(|param| param.name == name.text) else {
                self.unknown_key_param(name, &signature.params);
                continue;
            };
            self.note(name.span, Res::Local(name.text.clone()));
            if let Some((_, first)) = by.iter().find(|(other, _)| *other == name.text) {
                let finding = self
                    .finding(Code::BadOnce, name.span, format!("`{}` stands in `by` twice", name.text))
                    .label("again here")
                    .related(self.at(*first), "first here")
                    .help("remove one of the two");
                self.report(finding);
            } else if param.merge {
                let finding = self
                    .finding(
                        Code::BadOnce,
                        name.span,
                        format!("`{}` is merged, so it cannot tell calls apart", name.text),
                    )
                    .label("of all callers together")
                    .related(self.at(param.span), "merged here")
                    .help("remove it from `by`, or remove the `merge`");
                self.report(finding);
            } else {
                by.push((name.text.clone(), name.span));
            }
        }
        for output in &signature.outputs {
            let merged = signature.params.iter().find(|param| param.merge && mentions(&output.ty, &param.name));
            if let Some(param) = merged {
                self.merged_output(output.span, &output.name, self.at(param.span), &param.name);
            }
        }
        Some(by.into_iter().map(|(name, _)| name).collect())
    }

    fn unknown_key_param(&mut self, name: &Name, params: &[ParamSig]) {
        let known = || params.iter().map(|param| param.name.as_str());
        let finding = self
            .finding(Code::BadOnce, name.span, format!("there is no parameter `{}`", name.text))
            .label("`by` names parameters");
        let finding = match nearest(&name.text, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None => finding.help(format!("its parameters: {}", list(known()))),
        };
        self.report(finding);
    }

    fn merged_output(&mut self, span: Span, output: &str, merged: place::Place, param: &str) {
        let finding = self
            .finding(Code::BadOnce, span, format!("the output `{output}` depends on `{param}`, which is merged"))
            .label("differs from what a caller asked for")
            .related(merged, "joined over all callers")
            .note("another caller's arguments would change what this one gets")
            .help("give the caller an output that does not depend on it, or remove the `merge`");
        self.report(finding);
    }

    /// No output of a `once` action may depend on what is merged: by what is assigned, by the script
    /// that claims it, or by the condition around these.
    pub(super) fn once_outputs(&mut self, action: &tree::Action, signature: &Signature) {
        let merged: Vec<&ParamSig> = signature.params.iter().filter(|param| param.merge).collect();
        if signature.once.is_none() || merged.is_empty() {
            return;
        }
        let Some(first) = merged.first() else { return };
        let at = self.at(first.span);
        let mut tainted: Vec<SmolStr> = merged.iter().map(|param| param.name.clone()).collect();
        let mut found = Vec::new();
        walk::writes(&action.body, &mut tainted, false, &mut |name, span| found.push((name.clone(), span)));
        for (name, span) in found {
            if signature.outputs.iter().any(|output| output.name == name) {
                self.merged_output(span, &name, at, &first.name);
            }
        }
    }

    /// `out place` as an argument: a write of that place, which the callee promises.
    pub(super) fn out_argument(
        &mut self,
        def: Def,
        param: Option<&ParamSig>,
        place: &Place,
        span: Span,
        norms: &FxHashMap<SmolStr, Norm>,
    ) {
        let callee = def.name(self.db);
        let Some(param) = param else {
            // Too many, or of a name that is unknown: reported, and meant as a write.
            if self.is_output(&place.root.text) {
                self.mistaken.push(place.root.text.clone());
            }
            return;
        };
        if param.mode != ParamMode::Out {
            if head_broken(self.db, def) {
                return;
            }
            let word = Span::new(place.span.start.saturating_sub(4).max(span.start), place.span.start);
            let finding = self
                .finding(
                    Code::OutMismatch,
                    place.span,
                    format!("`{callee}` reads `{}`, it does not write it", param.name),
                )
                .label("passed to be written")
                .related(place::Place::new(def, param.span), "not an `out` parameter")
                .help("pass a value, without `out`")
                .fix("remove the `out`", self.at(word), "");
            self.report(finding);
            if self.is_output(&place.root.text) {
                self.mistaken.push(place.root.text.clone());
            }
            return;
        }
        if self.refuse_in_cleanup(place.span) {
            self.mistaken.push(place.root.text.clone());
            return;
        }
        let Some(target) = self.target(place) else { return };
        let ty = match &target {
            Target::Leaf(ty) | Target::Whole(ty) => ty.clone(),
        };
        let given = param.ty.substitute(&|name| norms.get(name).cloned());
        if !converts(self.db, &given, ty.present()) && !converts(self.db, ty.present(), &given) {
            let (wanted, shown) = (self.show(&given), self.show(&ty));
            let finding = self
                .finding(
                    Code::TypeMismatch,
                    place.span,
                    format!("`{callee}` writes {} here, not {}", super::article(&wanted), super::article(&shown)),
                )
                .label(format!("this is {}", super::article(&shown)))
                .related(place::Place::new(def, param.span), format!("`{}` is declared here", param.name))
                .help(format!("pass a place of type `{wanted}`"));
            self.report(finding);
        }
        self.write(place);
    }

    /// A value where the callee wants a place to write to.
    pub(super) fn out_left_out(&mut self, def: Def, param: &ParamSig, value: &Expr) {
        let callee = def.name(self.db);
        let mut root = value;
        while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
            root = base;
        }
        let output = match &root.kind {
            ExprKind::Name(name) if self.is_output(name) => Some(name.clone()),
            _ => None,
        };
        let finding = self
            .finding(Code::OutMismatch, value.span, format!("`{callee}` writes `{}`, it does not read it", param.name))
            .label(if output.is_some() { "passed to be read" } else { "not a place" })
            .related(place::Place::new(def, param.span), "an `out` parameter");
        let finding = match output {
            Some(name) => {
                self.mistaken.push(name);
                finding.help("put `out` before it").fix(
                    "put `out` before it",
                    self.at(Span::empty(value.span.start)),
                    "out ",
                )
            }
            None => {
                self.expr(value, None);
                finding.help(format!("pass an output: `{}: out …`", param.name))
            }
        };
        self.report(finding);
    }
}

/// Whether a type has a const symbol in it.
fn mentions(ty: &Ty, symbol: &str) -> bool {
    let found = std::cell::Cell::new(false);
    let _same = ty.substitute(&|name| {
        if name == symbol {
            found.set(true);
        }
        None
    });
    found.get()
}
