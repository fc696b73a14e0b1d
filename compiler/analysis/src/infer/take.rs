//! What a tool left behind: `file("target/app")`, `files("dist/*.whl")`, `dir("target/doc")`.

use flow_syntax::tree::{Arg, ArgValue, Expr, ExprKind, Setting, Stmt, StmtKind, Text, TextPart};
use flow_syntax::{Code, Span};

use super::{Infer, Phase, Val, Where};
use crate::path::{Clash, Shape, is_pattern, pattern_problem, problem};
use crate::scope::{Builtin, Res};
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// The functions that take what a tool left in the sources.
pub(super) const TAKES: [&str; 3] = ["file", "files", "dir"];

/// What a job takes for its outputs, and from which branch.
#[derive(Debug, Default)]
pub(super) struct Takes {
    taken: Vec<Taken>,
    /// The branches around this point: what decides, and which it is.
    pub branches: Vec<(Span, usize)>,
}

#[derive(Clone, Debug)]
struct Taken {
    directory: bool,
    path: String,
    span: Span,
    branches: Vec<(Span, usize)>,
}

impl Infer<'_> {
    pub(super) fn take(&mut self, name: &str, span: Span, args: &[Arg], expected: Option<&Ty>) -> Val {
        if !matches!(self.place, Where::Job | Where::Action | Where::Step) {
            let finding = self
                .finding(Code::NotAllowedHere, span, format!("`{name}(…)` takes files of a job's tree"))
                .label("not in a job");
            self.report(finding);
        }
        let builtin = match name {
            "files" => Builtin::Files,
            "dir" => Builtin::Dir,
            _ => Builtin::File,
        };
        self.note(span, Res::Builtin(builtin));
        match args {
            [Arg { name: None, value: ArgValue::Expr(value), .. }] => {
                let val = self.check_expr(value, &Ty::String, &format!("the path that `{name}` takes is"));
                self.require_const(value, &val, &format!("the path that `{name}` takes"));
                if let Some(path) = known_path(value, &val) {
                    self.taken_path(builtin, value.span, &path);
                }
            }
            _ => {
                let finding = self
                    .finding(Code::MissingArgument, span, format!("`{name}` takes one path"))
                    .label(format!("as in `{name}(\"target/app\")`"));
                self.report(finding);
            }
        }
        let ty = match (builtin, expected.map(Ty::present)) {
            (Builtin::Dir, _) => Ty::Opaque,
            (Builtin::Files, Some(Ty::List(inner))) if **inner == Ty::Exec => Ty::List(inner.clone()),
            (Builtin::Files, _) => Ty::List(std::sync::Arc::new(Ty::File)),
            (_, Some(ty @ (Ty::Exec | Ty::Json(_)))) => ty.clone(),
            _ => Ty::File,
        };
        Val::new(ty, Phase::Run)
    }

    fn taken_path(&mut self, builtin: Builtin, span: Span, path: &str) {
        if let Some(problem) = problem(path) {
            let mut finding = self
                .finding(Code::BadPath, span, format!("`{}` {problem}", crate::path::shown(path)))
                .label("not a path in the job's tree")
                .note("what a job takes lies in its tree of the sources, below where its scripts run");
            if let Some(rest) = path.strip_prefix("./").filter(|rest| crate::path::problem(rest).is_none()) {
                finding = finding.help("remove the `./`").fix("remove the `./`", self.at(span), format!("\"{rest}\""));
            }
            self.report(finding);
        } else if builtin == Builtin::Files {
            if let Some(problem) = pattern_problem(path) {
                let finding =
                    self.finding(Code::BadPattern, span, format!("`{path}` {problem}")).label("not a pattern");
                self.report(finding);
            }
        } else if is_pattern(path) {
            let (headline, help) = if builtin == Builtin::Dir {
                ("`dir` takes one directory, not a pattern", "name the directory")
            } else {
                (
                    "`file` takes one file, not a pattern",
                    "name the file; `files(…)` takes all that match, for an output `[file]`",
                )
            };
            let finding = self.finding(Code::BadPattern, span, headline).label("a pattern").help(help);
            self.report(finding);
        }
    }

    /// Remembers what an output takes.
    pub(super) fn note_take(&mut self, e: &Expr) {
        let ExprKind::Call { callee, args, .. } = &e.kind else { return };
        let Some(Res::Builtin(builtin @ (Builtin::File | Builtin::Dir))) = self.out.names.get(&callee.span) else {
            return;
        };
        let directory = *builtin == Builtin::Dir;
        let Some(Arg { value: ArgValue::Expr(value), .. }) = args.first() else { return };
        let Some(Norm::Value(ConstValue::Text(path))) = self.out.types.get(&value.span).map(|val| &val.norm) else {
            return;
        };
        if problem(path).is_some() || is_pattern(path) {
            return;
        }
        let branches = self.takes.branches.clone();
        self.takes.taken.push(Taken { directory, path: path.to_string(), span: value.span, branches });
    }

    /// Reports directories that a job takes and that lie in each other, around a file that it takes, or
    /// over the sources that it says it depends on.
    pub(super) fn check_takes(&mut self, stmts: &[Stmt]) {
        let taken = std::mem::take(&mut self.takes.taken);
        for (index, second) in taken.iter().enumerate() {
            let clash = taken.iter().take(index).find_map(|first| {
                let apart = first.branches.iter().any(|a| second.branches.iter().any(|b| a.0 == b.0 && a.1 != b.1));
                if apart || !(first.directory || second.directory) {
                    return None;
                }
                let clash = Shape::literal(&first.path).clash(&Shape::literal(&second.path))?;
                match clash {
                    Clash::Same(_) => Some((first, second, first)),
                    Clash::Inside(_) => first.directory.then_some((first, second, first)),
                    Clash::Around(_) => second.directory.then_some((second, first, first)),
                }
            });
            let Some((outer, inner, first)) = clash else { continue };
            let headline = if outer.path == inner.path {
                format!("the directory `{}` is taken twice", outer.path)
            } else {
                format!("`{}` lies inside the directory `{}`, which is taken as a whole", inner.path, outer.path)
            };
            let finding = self
                .finding(Code::OverlappingTakes, second.span, headline)
                .label("both would hold the same files")
                .related(self.at(first.span), "the other one")
                .note("an `opaque` directory belongs to one output, with everything in it")
                .help("let the tool write to two places, or name a file of the directory by `.assert_exists(…)`");
            self.report(finding);
        }
        for (pattern, span) in self.inputs(stmts) {
            let fixed = fixed_part(&pattern);
            let over = taken.iter().find(|it| {
                let same = crate::path::folded(&it.path) == crate::path::folded(fixed);
                let inside = Shape::literal(&it.path).below().common(&Shape::literal(fixed)).is_some();
                it.directory && (same || inside)
            });
            let Some(over) = over else { continue };
            let (path, place) = (over.path.clone(), over.span);
            let finding = self
                .finding(
                    Code::OverSources,
                    place,
                    format!("the directory `{path}` holds sources that this job depends on, `{pattern}`"),
                )
                .label("an output over sources")
                .related(self.at(span), "these sources")
                .note("what a job makes would be mixed with what it is made of")
                .help("let the tool write to a directory of its own");
            self.report(finding);
        }
    }

    /// The patterns of `inputs`.
    fn inputs(&self, stmts: &[Stmt]) -> Vec<(String, Span)> {
        let mut inputs = Vec::new();
        for stmt in stmts {
            let StmtKind::Setting(Setting::Value { name, value }) = &stmt.kind else { continue };
            let ExprKind::List(elements) = &value.kind else { continue };
            if name.text != "inputs" {
                continue;
            }
            for element in elements {
                let norm = self.out.types.get(&element.value.span).map(|val| &val.norm);
                if let Some(Norm::Value(ConstValue::Text(pattern))) = norm
                    && !pattern.starts_with('!')
                {
                    inputs.push((pattern.to_string(), element.value.span));
                }
            }
        }
        inputs
    }
}

/// The path that an argument names, a letter for what is not known of it.
pub(super) fn known_path(value: &Expr, val: &Val) -> Option<String> {
    if let Norm::Value(ConstValue::Text(path)) = &val.norm {
        return Some(path.to_string());
    }
    let ExprKind::Text(Text { parts, .. }) = &value.kind else { return None };
    let part = |part: &TextPart| match part {
        TextPart::Literal { value, .. } => value.to_string(),
        TextPart::Hole(_) => "x".to_owned(),
    };
    (val.phase == Phase::Const && !val.ty.is_error()).then(|| parts.iter().map(part).collect())
}

/// The folders of a pattern before its first wildcard: all that it matches lies there.
fn fixed_part(pattern: &str) -> &str {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    match pattern.find(['*', '?', '[']) {
        None => pattern,
        Some(at) => pattern.get(..at).and_then(|fixed| fixed.rsplit_once('/')).map_or("", |(fixed, _)| fixed),
    }
}
