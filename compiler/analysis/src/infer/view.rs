//! What can be asked of an opaque directory: a file that has to be in it, and views, which are parts or
//! unions of directories and opaque again (docs/reference/language.md 7).

use flow_syntax::tree::{Arg, ArgValue, Expr, ExprKind, Name};
use flow_syntax::{Code, Span};

use super::{Infer, Phase, Val, article};
use crate::path::{is_pattern, pattern_problem, problem};
use crate::scope::{Builtin, Res};
use crate::suggest::{list, nearest};
use crate::ty::{Ty, converts};

/// Joins directories.
pub(super) const MERGE: &str = "merge";
/// The member of a JSON file that is all that it holds.
pub(super) const JSON_VALUE: &str = "value";
/// The methods of a directory.
const METHODS: [&str; 3] = ["assert_exists", "subtree", "filter"];

impl Infer<'_> {
    /// A method of a directory; `None` where `base` is none.
    pub(super) fn directory_method(&mut self, base: &Val, name: &Name, args: &[Arg], span: Span) -> Option<Val> {
        let builtin = match name.text.as_str() {
            "assert_exists" => Some(Builtin::AssertExists),
            "subtree" => Some(Builtin::Subtree),
            "filter" => Some(Builtin::Filter),
            _ => None,
        };
        match base.ty.single() {
            Ty::Opaque if name.is_missing() => return None,
            Ty::Opaque => {}
            Ty::Optional(inner) if **inner == Ty::Opaque && builtin.is_some() => {
                let finding = self
                    .finding(
                        Code::UnknownField,
                        name.span,
                        format!("the directory may be missing, so `.{}` cannot be asked of it", name.text),
                    )
                    .label("of an `opaque?`")
                    .help("test it first: `if dir != none { … }`");
                self.report(finding);
                self.args_of_unknown(args);
                return Some(Val::error());
            }
            _ => return None,
        }
        let Some(builtin) = builtin else {
            let finding = self
                .finding(Code::UnknownField, name.span, format!("an `opaque` has no method `{}`", name.text))
                .label("no such method");
            let finding = match nearest(&name.text, METHODS) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                    format!("change it to `{near}`"),
                    self.at(name.span),
                    near,
                ),
                None => finding.help(format!("it has {}", list(METHODS))),
            };
            self.report(finding);
            self.args_of_unknown(args);
            return Some(Val::error());
        };
        self.note(span, Res::Builtin(builtin));
        self.note(name.span, Res::Builtin(builtin));
        let example = if builtin == Builtin::Filter { "**/*.so" } else { "lib/app.jar" };
        match args {
            [Arg { name: None, value: ArgValue::Expr(value), .. }] => {
                let what = if builtin == Builtin::Filter { "pattern" } else { "path" };
                let because = format!("the {what} that `{}` takes is", name.text);
                let val = self.check_expr(value, &Ty::String, &because);
                self.require_const(value, &val, &format!("the {what} that `{}` takes", name.text));
                if let Some(path) = super::take::known_path(value, &val) {
                    self.path_inside(builtin, value, &path);
                }
            }
            _ => {
                self.args_of_unknown(args);
                let finding = self
                    .finding(Code::MissingArgument, name.span, format!("`{}` takes one text", name.text))
                    .label(format!("as in `.{}(\"{example}\")`", name.text));
                self.report(finding);
            }
        }
        let ty = if builtin == Builtin::AssertExists { Ty::File } else { Ty::Opaque };
        Some(Val { labels: base.labels, ..Val::new(ty, Phase::Run) })
    }

    /// Checks a path or pattern inside a directory.
    fn path_inside(&mut self, builtin: Builtin, value: &Expr, path: &str) {
        let span = value.span;
        if let Some(problem) = problem(path) {
            let finding = self
                .finding(Code::BadPath, span, format!("`{}` {problem}", crate::path::shown(path)))
                .label("not a path in a directory")
                .note("it is relative to the directory, and uses `/`");
            self.report(finding);
        } else if builtin == Builtin::Filter {
            if let Some(problem) = pattern_problem(path) {
                let finding = self
                    .finding(Code::BadPattern, span, format!("`{path}` {problem}"))
                    .label("not a pattern")
                    .help("`*` is any text without `/`, `?` one character, `**` any folders: `\"**/*.so\"`");
                self.report(finding);
            }
        } else if is_pattern(path) {
            let (headline, help) = if builtin == Builtin::Subtree {
                ("`subtree` takes one directory, not a pattern", "name the directory; `.filter(…)` takes a pattern")
            } else {
                (
                    "`assert_exists` names one file, not a pattern",
                    "name the file; a `[file]` field of an artifact holds all that match a pattern",
                )
            };
            let finding = self.finding(Code::BadPattern, span, headline).label("a pattern").help(help);
            self.report(finding);
        }
    }

    /// `merge(a, b, on_conflict: identical)`.
    pub(super) fn merge_directories(&mut self, span: Span, args: &[Arg]) -> Val {
        self.note(span, Res::Builtin(Builtin::Merge));
        let mut directories = 0;
        let mut many = false;
        let mut wrong = false;
        for arg in args {
            let value = match (&arg.name, &arg.value) {
                (Some(name), ArgValue::Expr(value)) if name.text == "on_conflict" => {
                    self.on_conflict(value);
                    continue;
                }
                (Some(name), _) => {
                    let finding = self
                        .finding(Code::UnknownArgument, name.span, format!("`merge` has no parameter `{}`", name.text))
                        .label("no such parameter")
                        .help("it takes directories, and `on_conflict: identical`");
                    self.report(finding);
                    self.args_of_unknown(std::slice::from_ref(arg));
                    wrong = true;
                    continue;
                }
                (None, ArgValue::Expr(value) | ArgValue::Spread(value)) => value,
                (None, ArgValue::Out(_)) => {
                    let finding = self
                        .finding(Code::BadMerge, arg.span, "`merge` reads directories and writes none")
                        .label("an `out` argument")
                        .help("assign what it gives: `out all = merge(a, b)`");
                    self.report(finding);
                    wrong = true;
                    continue;
                }
            };
            let val = self.expr(value, None);
            let fits = |ty: &Ty| converts(self.db, ty, &Ty::Opaque);
            match &val.ty {
                Ty::Error => wrong = true,
                ty if fits(ty) => directories += 1,
                Ty::Family(family) if fits(&family.member) => many = true,
                Ty::List(inner) if fits(inner) => many = true,
                other => {
                    wrong = true;
                    let shown = self.show(other);
                    let help = match other {
                        Ty::Optional(inner) if fits(inner) => "test it first: `if dir != none { … }`".to_owned(),
                        Ty::Family(family) if matches!(&family.member, Ty::Call(_) | Ty::Artifact(..)) => {
                            "name the directory of each member: `xs.report`".to_owned()
                        }
                        _ => "give `opaque` directories, or a family of them".to_owned(),
                    };
                    let finding = self
                        .finding(Code::BadMerge, value.span, format!("`merge` cannot take {}", article(&shown)))
                        .label("not a directory")
                        .help(help);
                    self.report(finding);
                }
            }
        }
        if !wrong && !many && directories < 2 {
            let finding = self
                .finding(Code::BadMerge, span, "`merge` joins two directories or more")
                .label(if directories == 0 { "none is given" } else { "one is given" })
                .help("give the others too, or a family: `merge(reports)`");
            self.report(finding);
        }
        Val::new(Ty::Opaque, Phase::Run)
    }

    /// What happens to two files at one path.
    fn on_conflict(&mut self, value: &Expr) {
        if value.kind == ExprKind::Hole {
            return;
        }
        let identical = matches!(&value.kind, ExprKind::Name(word) if word == "identical");
        if !identical {
            let finding = self
                .finding(Code::BadMerge, value.span, "`on_conflict` can be `identical` only")
                .label("not known")
                .note("two files at one path are an error; with `identical` they may be if they are the same")
                .help("write `on_conflict: identical`, or leave it out")
                .fix("write `identical`", self.at(value.span), "identical");
            self.report(finding);
        }
    }

    /// `dir / "a"`, `dir + "/a"`: a part of a directory that nobody has promised. Whether it was one.
    pub(super) fn part_of_directory(&mut self, span: Span, left: &Expr, left_ty: &Ty, right: &Expr) -> bool {
        if *left_ty.single().present() != Ty::Opaque {
            return false;
        }
        let plain = match &right.kind {
            ExprKind::Text(text) => text.plain(),
            _ => None,
        };
        let path = plain.as_deref().map(|path| path.trim_start_matches('/')).filter(|path| problem(path).is_none());
        let mut finding = self
            .finding(Code::PartOfOpaque, span, "an `opaque` directory is consumed as a whole")
            .label("a part of it")
            .note("nobody has promised what is in it, so a file of it has to be asserted: that is checked when it is sealed");
        let shown = path.unwrap_or("path/of/file");
        finding = finding.help(format!("write `.assert_exists(\"{shown}\")` after the directory"));
        if let Some(path) = path {
            let place = self.at(Span::new(left.span.end, right.span.end));
            finding = finding.fix("assert that the file exists", place, format!(".assert_exists({path:?})"));
        }
        self.report(finding);
        true
    }
}
