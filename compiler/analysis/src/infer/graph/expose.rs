//! `expose value as "name" { when = always, retention = 14d }`: files for people.

use flow_syntax::tree::{Entry, EntryValue, Expr, ExprKind, Map, Text};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::super::{Infer, signature};
use crate::db::{Db, Def, DefKind, syntax};
use crate::place::Place;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// What a pipeline exposes under a name that a program can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The name after `as`, where a program can write it; else the output's or the field's own.
    pub name: SmolStr,
    /// What it is.
    pub ty: Ty,
    /// Where it is exposed.
    pub place: Place,
}

/// What another pipeline can read of runs of `def`. Must not change when the rest of its body does.
#[salsa::tracked(returns(ref))]
pub fn exposed(db: &dyn Db, def: Def) -> Vec<Exposed> {
    if def.kind(db) != DefKind::Pipeline {
        return Vec::new();
    }
    let item = syntax(db, def);
    let flow_syntax::tree::ItemKind::Pipeline(pipeline) = &item.kind else { return Vec::new() };
    let mut infer = Infer::new(db, def);
    infer.graph.alone = true;
    infer.pipeline(pipeline, super::super::signature(db, def));
    infer.graph.exposed
}

/// How long files may be kept: what GitHub keeps those of a private repository.
const MOST_DAYS: u64 = 400;
const DAY: u64 = 86_400_000;

impl Infer<'_> {
    /// `expose` in a graph.
    pub(in super::super) fn expose(&mut self, value: &Expr, title: Option<&Text>, options: Option<&Map>) {
        let val = self.expr(value, None);
        let ty = val.ty.single().clone();
        let exposable = self.require_files(value.span, &ty);
        let own = own_name(value, &|span| self.out.types.get(&span).map(|val| &val.ty));
        let name = match title {
            Some(title) => {
                self.distinct_in_loops(title, "download");
                self.expose_title(title)
            }
            None => {
                let same = exposable && self.same_in_loops(value.span);
                if exposable && !same && own.is_none() {
                    self.exposed_nameless(value.span);
                }
                own.as_ref().filter(|_| !same).map(SmolStr::to_string)
            }
        };
        if let Some(name) = &name {
            let span = title.map_or(value.span, |title| title.span);
            self.exposed_twice(name, span);
        }
        if exposable && self.graph.loops.is_empty() {
            let readable = name.filter(|name| is_identifier(name)).map(SmolStr::from).or(own);
            if let Some(name) = readable {
                self.graph.exposed.push(Exposed { name, ty, place: self.at(value.span) });
            }
        }
        if let Some(options) = options {
            self.expose_options(options);
            self.exposed_of_failed(value, options);
        }
    }

    /// Reports what has no name under which it could be found.
    pub(in super::super) fn exposed_nameless(&mut self, span: Span) {
        let finding = self
            .finding(Code::BadTitle, span, "what is exposed here has no name")
            .label("found under which name?")
            .help("say it: `expose … as \"name\"`");
        self.report(finding);
    }

    /// Reports `when = failed` of what its job gives only if it succeeds.
    fn exposed_of_failed(&mut self, value: &Expr, options: &Map) {
        let failed = options.entries.iter().find_map(|entry| match &entry.value {
            EntryValue::Expr(when) if entry.key.text == "when" => Some(when),
            _ => None,
        });
        let Some(when) = failed.filter(
            |when| matches!(self.norm(when), Norm::Value(ConstValue::Variant { name, .. }) if name == "failed"),
        ) else {
            return;
        };
        let Some((job, name)) = self.maker(value) else { return };
        let made = signature(self.db, job).outputs.iter().find(|output| output.name == name);
        let Some(output) = made.filter(|output| !output.always && job.kind(self.db) == DefKind::Job) else { return };
        let finding = self
            .finding(Code::NeverExposed, when.span, format!("`{name}` is not there when its job has failed"))
            .label("would never be exposed")
            .related(Place::new(job, output.span), "given only if the job succeeds")
            .note("an output is published when its job has succeeded; one that is `always`, however the job ends")
            .help(format!("declare it `always {name}: …`, or expose it in the job, where the files are"));
        self.report(finding);
    }

    /// The job and the output of it that `value` is or is a part of, as far as it says so itself.
    fn maker(&self, value: &Expr) -> Option<(Def, SmolStr)> {
        fn call(ty: &Ty) -> Option<&crate::ty::Call> {
            match ty.present() {
                Ty::Call(call) if call.job => Some(call),
                Ty::Family(family) => call(&family.member),
                Ty::List(inner) => call(inner),
                _ => None,
            }
        }
        let called = |e: &Expr| self.out.types.get(&e.span).and_then(|val| call(&val.ty));
        if let Some(call) = called(value) {
            return call.outputs.first().map(|(name, _)| (call.def, name.clone()));
        }
        match &value.kind {
            ExprKind::Field { base, name, .. } => match called(base) {
                Some(call) if call.outputs.iter().any(|(output, _)| *output == name.text) => {
                    Some((call.def, name.text.clone()))
                }
                _ => self.maker(base),
            },
            ExprKind::Index { base, .. } => self.maker(base),
            _ => None,
        }
    }

    /// Whether a value is files that can be given to people.
    fn require_files(&mut self, span: Span, ty: &Ty) -> bool {
        let several = match ty.present().single().present() {
            Ty::Error => return false,
            Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_) => return true,
            Ty::List(inner) if matches!(**inner, Ty::File | Ty::Exec) => return true,
            Ty::Family(family) => is_files(&family.member),
            Ty::List(inner) => is_files(inner),
            _ => false,
        };
        let shown = self.show(ty);
        let label = format!("this is {a}", a = super::super::article(&shown));
        let finding = if several {
            self.finding(Code::TypeMismatch, span, "each member has to be exposed under a name of its own")
                .label(label)
                .help("expose them one by one: `for k in keys { expose xs[k] as \"x #{k}\" }`")
        } else {
            self.finding(Code::TypeMismatch, span, "only files can be exposed")
                .label(label)
                .help("expose an artifact, a `file` or an `opaque` directory")
        };
        self.report(finding);
        false
    }

    /// `{ when = always, retention = 14d }`.
    pub(in super::super) fn expose_options(&mut self, options: &Map) {
        let when = crate::scope::prelude(self.db, "When").map_or(Ty::Error, Ty::Enum);
        self.entries(options, "`expose`", &[("when", when), ("retention", Ty::Duration)]);
        for Entry { key, value } in &options.entries {
            let EntryValue::Expr(value) = value else { continue };
            if key.text != "retention" {
                continue;
            }
            let Norm::Value(ConstValue::Duration(ms)) = self.norm(value) else { continue };
            let problem = if ms < DAY {
                "is less than a day"
            } else if ms > MOST_DAYS * DAY {
                "is longer than any backend keeps files"
            } else if !ms.is_multiple_of(DAY) {
                let days = crate::value::duration(ms.div_ceil(DAY) * DAY);
                self.rounded(value.span, ms, "days", &days);
                continue;
            } else {
                continue;
            };
            let finding = self
                .finding(Code::BadSetting, value.span, format!("{} {problem}", crate::value::duration(ms)))
                .label("cannot be the retention")
                .note("hosted CI keeps files for 1 to 90 days, those of private repositories for up to 400")
                .help("give a number of days: `retention = 14d`");
            self.report(finding);
        }
    }

    /// Reports a name that is given twice, also by case: Windows and some stores do not tell these apart.
    fn exposed_twice(&mut self, name: &str, span: Span) {
        let Some(first) = self.graph.names.insert(name.to_lowercase(), span) else { return };
        let finding = self
            .finding(Code::BadTitle, span, format!("two things are exposed as `{name}`"))
            .label("the second one")
            .related(self.at(first), "the first one")
            .note("names that differ by case only count as one")
            .help("give one of them another name: `as \"…\"`");
        self.report(finding);
    }

    /// Reports what is exposed without a name within a loop; whether it is.
    fn same_in_loops(&mut self, span: Span) -> bool {
        let Some(around) = self.graph.loops.iter().rev().find(|it| it.many).cloned() else { return false };
        let name = &around.name;
        let finding = self
            .finding(Code::BadTitle, span, format!("this is exposed under one name for each `{name}`"))
            .label("the same name each time")
            .related(self.at(around.over), "this runs more than once")
            .help(format!("say which it is: `as \"… #{{{name}}}\"`"));
        self.report(finding);
        true
    }
}

/// The name of what is exposed without `as`: that of the output or the field, else that of the value.
pub fn own_name<'t>(value: &Expr, ty: &dyn Fn(Span) -> Option<&'t Ty>) -> Option<SmolStr> {
    match &value.kind {
        ExprKind::Field { name, .. } => Some(name.text.clone()),
        ExprKind::Index { base, .. } => own_name(base, ty),
        kind => match (ty(value.span)?.present(), kind) {
            (Ty::Call(call), _) => call.outputs.first().map(|(name, _)| name.clone()),
            (_, ExprKind::Name(name)) => Some(name.clone()),
            _ => None,
        },
    }
}

fn is_files(ty: &Ty) -> bool {
    matches!(
        ty.present().single().present(),
        Ty::Error | Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_)
    )
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
