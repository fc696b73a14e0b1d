//! Methods of texts and lists, and the functions that belong to the language.

use std::sync::Arc;

use flow_syntax::tree::{Arg, ArgValue, Expr, ExprKind, Name};
use flow_syntax::{Code, Span};

use super::sink::Sink;
use super::{Infer, Phase, Val, Where, article};
use crate::label::Labels;
use crate::suggest::{list, nearest};
use crate::ty::Ty;

/// The methods of texts and lists.
pub(super) const METHODS: [&str; 10] =
    ["starts_with", "ends_with", "contains", "lower", "upper", "replace", "split", "join", "trim", "is_empty"];

/// The functions that belong to the language.
pub(super) const BUILTINS: [&str; 2] = ["declassify", "changed"];

impl Infer<'_> {
    pub(super) fn method(&mut self, base: &Expr, optional: bool, name: &Name, args: &[Arg], span: Span) -> Val {
        let base_val = self.expr(base, None);
        if let Some(val) = self.directory_method(&base_val, name, args, span) {
            return val;
        }
        if base_val.ty.is_error() || name.is_missing() {
            self.args_of_unknown(args);
            return Val::error();
        }
        let whole = base_val.ty.single().clone();
        let missing = matches!(whole, Ty::Optional(_));
        let ty = whole.present().clone();
        let Some((params, result)) = methods(&ty, &name.text) else {
            self.unknown_method(&whole, name);
            self.args_of_unknown(args);
            return Val::error();
        };
        if missing && !optional {
            self.of_missing(base, name, &ty);
            self.args_of_unknown(args);
            return Val::error();
        }
        if optional && !missing {
            self.never_missing(base, name);
        }
        if params.len() != args.len() {
            let takes = super::call::arguments(params.len());
            let finding = self
                .finding(Code::MissingArgument, name.span, format!("`{}` takes {takes}, not {}", name.text, args.len()))
                .label("wrong number of arguments");
            self.report(finding);
        }
        let mut parts = vec![base_val];
        for (index, arg) in args.iter().enumerate() {
            let because = format!("`{}` takes", name.text);
            let param = match &arg.name {
                Some(named) => {
                    let finding = self
                        .finding(
                            Code::UnknownArgument,
                            named.span,
                            format!("`{}` has no parameter `{}`", name.text, named.text),
                        )
                        .label("methods take their arguments in order")
                        .help("leave the name out");
                    self.report(finding);
                    None
                }
                None => params.get(index),
            };
            match &arg.value {
                ArgValue::Expr(value) => parts.push(match param {
                    // A text that is looked for may be secret, what comes out of it is then secret too.
                    Some(to) => {
                        let val = self.expr(value, Some(to));
                        if *val.ty.single() != Ty::Secret {
                            self.expect(value.span, &val.ty, to, &because);
                        }
                        val
                    }
                    None => self.expr(value, None),
                }),
                ArgValue::Spread(value) => {
                    let finding = self
                        .finding(Code::TypeMismatch, arg.span, format!("`{}` takes no record", name.text))
                        .label("a spread");
                    self.report(finding);
                    self.expr(value, None);
                }
                ArgValue::Out(place) => {
                    let finding = self
                        .finding(Code::NotAllowedHere, place.span, format!("`{}` writes nothing", name.text))
                        .label("only actions write");
                    self.report(finding);
                }
            }
        }
        let val = Val::made(result, &parts);
        let ty = match val.ty {
            Ty::String if val.labels.secret => Ty::Secret,
            other => other,
        };
        let ty = if missing { ty.optional() } else { ty };
        Val { ty, ..val }
    }

    fn unknown_method(&mut self, ty: &Ty, name: &Name) {
        let shown = self.show(ty);
        let own: Vec<&str> = METHODS.into_iter().filter(|method| methods(ty.present(), method).is_some()).collect();
        let finding = self
            .finding(Code::UnknownField, name.span, format!("{} has no method `{}`", article(&shown), name.text))
            .label("no such method");
        let finding = match nearest(&name.text, own.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None if matches!(ty.present(), Ty::List(_)) && name.text == "join" => {
                finding.help("only a list of texts can be joined: `(for x in xs { \"#{x}\" }).join(\", \")`")
            }
            None if own.is_empty() => finding.note("methods belong to texts and lists"),
            None => finding.help(format!("it has {}", list(own.iter().copied()))),
        };
        self.report(finding);
    }

    /// `x.name` of a value that may be missing.
    pub(super) fn of_missing(&mut self, base: &Expr, name: &Name, inner: &Ty) {
        let shown = self.show(inner);
        let dot = Span::new(base.span.end, name.span.start);
        let finding = self
            .finding(
                Code::UnknownField,
                name.span,
                format!("the `{shown}` may be missing, so `.{}` cannot be read of it", name.text),
            )
            .label("of a value that may be missing")
            .help(format!(
                "write `?.{}`, which is `none` where the value is missing, or say what to use then: `(… ?? …).{}`",
                name.text, name.text
            ))
            .fix("write `?.`", self.at(dot), "?.");
        self.report(finding);
    }

    /// `x?.name` of a value that is there.
    pub(super) fn never_missing(&mut self, base: &Expr, name: &Name) {
        let dot = Span::new(base.span.end, name.span.start);
        let finding = self
            .finding(Code::NeverMissing, dot, "the value before `?.` is never missing")
            .label("needless `?`")
            .help(format!("write `.{}`", name.text))
            .fix("write `.`", self.at(dot), ".");
        self.report(finding);
    }

    /// `declassify(…)`, `changed(…)`.
    pub(super) fn builtin(&mut self, name: &str, callee: &Expr, args: &[Arg]) -> Val {
        if name == "changed" { self.changed(callee, args) } else { self.declassify(callee, args) }
    }

    /// `declassify(e, "reason")`: the only way from secret to plain.
    fn declassify(&mut self, callee: &Expr, args: &[Arg]) -> Val {
        let [
            Arg { name: None, value: ArgValue::Expr(value), .. },
            Arg { name: None, value: ArgValue::Expr(reason), .. },
        ] = args
        else {
            for arg in args {
                if let ArgValue::Expr(value) | ArgValue::Spread(value) = &arg.value {
                    self.expr(value, None);
                }
            }
            let finding = self
                .finding(
                    Code::MissingArgument,
                    callee.span,
                    "`declassify` takes a value and the reason why it is harmless",
                )
                .label("a value and a reason")
                .note("the reason is shown to whoever reviews the plan")
                .help("write `declassify(value, \"why it may be shown\")`");
            self.report(finding);
            return Val::error();
        };
        let val = self.expr(value, None);
        let why = self.sink_expr(reason, &Ty::String, Sink::Const("the reason of `declassify`"));
        if let crate::value::Norm::Value(crate::value::ConstValue::Text(text)) = &why.norm
            && text.trim().is_empty()
        {
            let finding = self
                .finding(Code::EmptyReason, reason.span, "the reason of `declassify` is empty")
                .label("says nothing")
                .help("say why the value may be shown");
            self.report(finding);
        }
        if !val.labels.secret && !val.ty.is_error() {
            let finding = self
                .finding(Code::NeedlessDeclassify, callee.span, "what is declassified is not secret")
                .label("has no effect")
                .related(self.at(value.span), "plain already")
                .help("remove the `declassify`");
            self.report(finding);
        }
        let ty = match &val.ty {
            Ty::Secret => Ty::String,
            Ty::Optional(inner) if **inner == Ty::Secret => Ty::String.optional(),
            Ty::List(inner) if **inner == Ty::Secret => Ty::List(Arc::new(Ty::String)),
            other => other.clone(),
        };
        Val { labels: Labels { secret: false, ..val.labels }, ty, ..val }
    }

    /// `changed(["src/**"])`: whether a file of these has changed, known when a run is planned.
    fn changed(&mut self, callee: &Expr, args: &[Arg]) -> Val {
        let fine = Val::new(Ty::Bool, Phase::Plan);
        if self.place == Where::Expr {
            let finding = self
                .finding(Code::NotAllowedHere, callee.span, "`changed` is a question about a run")
                .label("differs from run to run")
                .help("ask it in a pipeline, and pass the answer on");
            self.report(finding);
        }
        let [Arg { name: None, value: ArgValue::Expr(value), .. }] = args else {
            let finding = self
                .finding(Code::MissingArgument, callee.span, "`changed` takes one list of patterns")
                .label("as in `changed([\"src/**\"])`");
            self.report(finding);
            return fine;
        };
        self.sink_expr(value, &Ty::List(Arc::new(Ty::String)), Sink::Const("what `changed` asks about"));
        if matches!(&value.kind, ExprKind::List(elements) if elements.is_empty()) {
            let finding = self
                .finding(Code::BadSetting, value.span, "`changed` asks about no file")
                .label("an empty list")
                .help("name files of the project, as in `\"src/**\"`");
            self.report(finding);
        }
        self.source_patterns(value, "`changed`");
        fine
    }
}

/// What the method `name` of a value of type `ty` takes and gives.
fn methods(ty: &Ty, name: &str) -> Option<(Vec<Ty>, Ty)> {
    Some(match (ty, name) {
        (Ty::String | Ty::Path | Ty::Secret, "starts_with" | "ends_with" | "contains") => (vec![Ty::String], Ty::Bool),
        (Ty::String | Ty::Path | Ty::Secret, "lower" | "upper" | "trim") => (Vec::new(), Ty::String),
        (Ty::String | Ty::Path | Ty::Secret, "replace") => (vec![Ty::String, Ty::String], Ty::String),
        (Ty::String | Ty::Path, "split") => (vec![Ty::String], Ty::List(Arc::new(Ty::String))),
        (Ty::String | Ty::Path | Ty::Secret | Ty::List(_), "is_empty") => (Vec::new(), Ty::Bool),
        (Ty::List(element), "contains") if element_compares(element) => (vec![Ty::clone(element)], Ty::Bool),
        (Ty::List(element), "join") if matches!(**element, Ty::String | Ty::Path | Ty::Secret | Ty::Error) => {
            (vec![Ty::String], Ty::String)
        }
        _ => return None,
    })
}

/// Whether elements of this type can be compared.
const fn element_compares(ty: &Ty) -> bool {
    matches!(ty, Ty::Bool | Ty::Int | Ty::Duration | Ty::String | Ty::Path | Ty::Enum(_) | Ty::Error)
}
