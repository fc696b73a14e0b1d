//! `expose value as "name" { when = always, retention = 14d }`: files for people.

use flow_syntax::tree::{Entry, EntryValue, Expr, ExprKind, Map, Text};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::super::sink::Sink;
use super::super::title::is_invisible;
use super::super::{Infer, Phase};
use crate::db::{Db, Def, DefKind, syntax};
use crate::place::Place;
use crate::ty::Ty;
use crate::value::ConstValue;

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
        let own = self.own_name(value);
        let name = match title {
            Some(title) => {
                self.distinct_in_loops(title, "download");
                self.expose_title(title)
            }
            None => {
                let same = exposable && self.same_in_loops(value.span);
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

    /// The name after `as`, if it can be a name.
    pub(in super::super) fn expose_title(&mut self, title: &Text) -> Option<String> {
        if self.sink_text(title, Sink::Title("the name of what is exposed")).phase != Phase::Const {
            return None;
        }
        let name = self.text_value(title)?;
        let Some(problem) = name_problem(&name) else { return Some(name) };
        let finding = self
            .finding(Code::BadTitle, title.span, format!("`{}` {problem}", name.escape_debug()))
            .label("cannot be the name of a download")
            .help("name it with letters, digits, spaces, `.`, `-` and `_`");
        self.report(finding);
        None
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
            let crate::value::Norm::Value(ConstValue::Duration(ms)) = self.norm(value) else { continue };
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

    /// The name of what is exposed, without `as`: that of the output or of the field.
    fn own_name(&self, value: &Expr) -> Option<SmolStr> {
        match &value.kind {
            ExprKind::Field { name, .. } => Some(name.text.clone()),
            ExprKind::Index { base, .. } => self.own_name(base),
            kind => {
                let ty = &self.out.types.get(&value.span)?.ty;
                match (ty.present(), kind) {
                    (Ty::Call(call), _) => call.outputs.first().map(|(name, _)| name.clone()),
                    (_, ExprKind::Name(name)) => Some(name.clone()),
                    _ => None,
                }
            }
        }
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

/// What is wrong with a name under which files are given to people: what the stores of hosted CI, or
/// the systems on which people unpack them, refuse.
fn name_problem(name: &str) -> Option<&'static str> {
    const REFUSED: [char; 9] = ['"', ':', '<', '>', '|', '*', '?', '\\', '/'];
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = ["com", "lpt"]
        .iter()
        .any(|port| stem.strip_prefix(port).is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9'])));
    if name.trim().is_empty() {
        Some("is empty")
    } else if name == "." || name == ".." {
        Some("is a folder in every folder")
    } else if name.contains(REFUSED) {
        Some("holds one of the characters `\" : < > | * ? \\ /`, which no backend takes")
    } else if name.contains(char::is_control) {
        Some("holds a line break or another control character")
    } else if name.contains(is_invisible) {
        Some("holds a character that is not seen, or that turns the text around it")
    } else if name.starts_with(' ') || name.ends_with([' ', '.']) {
        Some("begins or ends with a space, or ends with a dot, which Windows drops")
    } else if DEVICES.contains(&stem.as_str()) || numbered {
        Some("is the name of a device on Windows")
    } else if name.len() > 100 {
        Some("is longer than 100 bytes")
    } else {
        None
    }
}
