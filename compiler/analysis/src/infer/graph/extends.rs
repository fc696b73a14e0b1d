//! `extends ado { repository, template, parameters, artifacts }`: the template around a pipeline.

use flow_syntax::Code;
use flow_syntax::Span;
use flow_syntax::tree::{EntryValue, Map, Name};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::super::sink::Sink;
use super::super::{Infer, Val};
use crate::suggest::{list, nearest};
use crate::ty::Ty;

const ENTRIES: [&str; 4] = ["repository", "template", "parameters", "artifacts"];
impl Infer<'_> {
    pub(in super::super) fn extends(&mut self, backend: &Name, map: &Map, seen: &mut FxHashMap<SmolStr, Span>) {
        if !backend.is_missing() && backend.text != "ado" {
            let known = matches!(backend.text.as_str(), "github" | "local");
            let finding = self
                .finding(
                    Code::BadSetting,
                    backend.span,
                    format!("`{}` has no templates around a pipeline", backend.text),
                )
                .label("only Azure Pipelines has")
                .help(if known {
                    "bind a reusable workflow by `extern job`, and call it"
                } else {
                    "write `extends ado { … }`"
                });
            self.report(finding);
        } else if let Some(first) = seen.insert(SmolStr::new_static("extends"), backend.span) {
            let finding = self
                .finding(Code::DuplicateSetting, backend.span, "`extends` stands twice")
                .label("again here")
                .related(self.at(first), "first here")
                .note("a pipeline extends one template")
                .help("remove one of the two");
            self.report(finding);
        }
        let mut given: FxHashMap<&str, Span> = FxHashMap::default();
        for entry in &map.entries {
            let (key, value) = (&entry.key, &entry.value);
            if key.is_missing() {
                continue;
            }
            if let Some(first) = given.insert(&key.text, key.span) {
                let finding = self
                    .finding(Code::DuplicateSetting, key.span, format!("`{}` is set twice", key.text))
                    .label("again here")
                    .related(self.at(first), "first set here")
                    .help("remove one of the two");
                self.report(finding);
            }
            match (key.text.as_str(), value) {
                ("repository" | "template", EntryValue::Expr(value)) => {
                    let noun = format!("`{}`", key.text);
                    self.sink_expr(value, &Ty::String, Sink::Const(&noun));
                }
                ("artifacts", EntryValue::Expr(value)) => {
                    let who = crate::scope::prelude(self.db, "TemplateArtifacts").map_or(Ty::Error, Ty::Enum);
                    self.sink_expr(value, &who, Sink::Const("`artifacts`"));
                }
                ("parameters", EntryValue::Map(parameters)) => self.template_parameters(parameters),
                ("parameters", EntryValue::Expr(value)) => self.wrong_form(value.span, "parameters", "a block"),
                (known, EntryValue::Map(inner)) if ENTRIES.contains(&known) => {
                    self.wrong_form(inner.span, known, "a value");
                }
                (unknown, _) => {
                    let finding = self
                        .finding(Code::UnknownSetting, key.span, format!("`extends` has no `{unknown}`"))
                        .label("not known");
                    let finding = match nearest(unknown, ENTRIES) {
                        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                            format!("change it to `{near}`"),
                            self.at(key.span),
                            near,
                        ),
                        None => finding.help(format!("it has {}", list(ENTRIES))),
                    };
                    self.report(finding);
                }
            }
        }
        let unknown = map.entries.iter().any(|entry| !ENTRIES.contains(&entry.key.text.as_str()));
        if !given.contains_key("template") && !unknown {
            let finding = self
                .finding(Code::BadSetting, backend.span, "`extends` does not say which template")
                .label("`template` is missing")
                .help("name its file: `template = \"pipeline.yml\"`; with `repository`, in that one");
            self.report(finding);
        }
    }

    fn wrong_form(&mut self, span: Span, name: &str, form: &str) {
        let finding =
            self.finding(Code::BadSetting, span, format!("`{name}` is {form}")).label(format!("not {form}")).help(
                if form == "a block" { format!("write `{name} {{ … }}`") } else { format!("write `{name} = …`") },
            );
        self.report(finding);
    }

    /// What the template asks for: Azure Pipelines reads it before a run begins, so it is known while
    /// compiling.
    fn template_parameters(&mut self, map: &Map) {
        let mut given: FxHashMap<&str, Span> = FxHashMap::default();
        for entry in &map.entries {
            if let Some(first) = given.insert(&entry.key.text, entry.key.span).filter(|_| !entry.key.is_missing()) {
                let finding = self
                    .finding(Code::DuplicateSetting, entry.key.span, format!("`{}` is set twice", entry.key.text))
                    .label("again here")
                    .related(self.at(first), "first set here")
                    .help("remove one of the two");
                self.report(finding);
            }
            match &entry.value {
                EntryValue::Map(inner) => self.template_parameters(inner),
                EntryValue::Expr(value) => {
                    let val: Val = self.expr(value, None);
                    let noun = format!("the parameter `{}` of the template", entry.key.text);
                    if self.sink(value, &val, Sink::Const(&noun)) && !self.is_data(&val.ty) && val.ty != Ty::None {
                        let shown = self.show(&val.ty);
                        let finding = self
                            .finding(
                                Code::TypeMismatch,
                                value.span,
                                format!("{noun} cannot be {a}", a = super::super::article(&shown)),
                            )
                            .label("not a value that YAML can hold")
                            .help("give a text, a number, `true` or `false`, or a list of these");
                        self.report(finding);
                    }
                }
            }
        }
    }
}
