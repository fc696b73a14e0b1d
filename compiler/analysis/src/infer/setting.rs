//! Settings of bodies, checked by the [table](crate::settings).

use std::sync::Arc;

use flow_syntax::tree::{Expr, ExprKind, Map, Name, Setting};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Infer;
use super::sink::Sink;
use super::title::title_problem;
use crate::settings::{CACHE, CHECKOUT, ELSEWHERE, SERVICE, SETTINGS, SettingForm, SettingInfo, Where, settings_of};
use crate::suggest::{list, nearest};
use crate::ty::Ty;
use crate::value::{ConstValue, duration};

impl Infer<'_> {
    /// A setting in a body of kind `place`. `seen` holds those before it.
    pub(super) fn setting(&mut self, setting: &Setting, span: Span, place: Where, seen: &mut FxHashMap<SmolStr, Span>) {
        match setting {
            Setting::Value { name, value } => self.value_setting(name, value, place, seen),
            Setting::Map { name, map } => self.map_setting(name, map, place, seen),
            Setting::Service { name, map } => {
                self.belongs_to(span, "a `service`", &[Where::Job], place);
                self.named_once("service", name, seen);
                // Its environment is not that of the scripts.
                let env = self.env.len();
                self.block_entries(map, &format!("the service `{}`", name.text), name.span, SERVICE);
                self.env.truncate(env);
            }
            Setting::Cache { name, map } => {
                self.belongs_to(span, "a `cache`", &[Where::Job, Where::Action], place);
                self.named_once("cache", name, seen);
                self.block_entries(map, &format!("the cache `{}`", name.text), name.span, CACHE);
            }
            Setting::Raw { backend, value } => self.raw(backend, value, place, seen),
            Setting::Extends { backend, map } if place == Where::Pipeline => self.extends(backend, map, seen),
            Setting::Extends { .. } => self.belongs_to(span, "`extends`", &[Where::Pipeline], place),
            Setting::Trigger { .. } | Setting::Param { .. } if place != Where::Pipeline => {
                let what = if matches!(setting, Setting::Param { .. }) { "`param`" } else { "a trigger" };
                let finding = self
                    .finding(Code::NotAllowedHere, span, format!("{what} belongs to a pipeline"))
                    .label(format!("in {}", place.noun()));
                self.report(finding);
            }
            Setting::Trigger { event, finished, filters } => {
                self.trigger(event, finished.as_ref(), filters.as_ref());
                self.repeated_trigger(event, finished.as_ref(), seen);
            }
            Setting::Param { name, .. } => self.bind_param(name),
        }
    }

    fn belongs_to(&mut self, span: Span, what: &str, places: &[Where], place: Where) {
        if places.contains(&place) {
            return;
        }
        let places: Vec<&str> = places.iter().map(|place| place.noun()).collect();
        let finding = self
            .finding(Code::NotAllowedHere, span, format!("{what} has no meaning in {}", place.noun()))
            .label("not here")
            .help(format!("it is a setting of {}", places.join(" and ")));
        self.report(finding);
    }

    /// Reports a second `service` or `cache` of one name.
    fn named_once(&mut self, what: &str, name: &Name, seen: &mut FxHashMap<SmolStr, Span>) {
        if name.is_missing() {
            return;
        }
        if let Some(first) = seen.insert(SmolStr::from(format!("{what} {}", name.text)), name.span) {
            let finding = self
                .finding(Code::DuplicateSetting, name.span, format!("the {what} `{}` stands twice", name.text))
                .label("again here")
                .related(self.at(first), "first here")
                .help("give it another name");
            self.report(finding);
        }
    }

    fn find_setting(
        &mut self,
        name: &Name,
        place: Where,
        seen: &mut FxHashMap<SmolStr, Span>,
    ) -> Option<&'static SettingInfo> {
        if name.is_missing() {
            return None;
        }
        let Some(info) = settings_of(place).find(|info| info.name == name.text) else {
            self.unknown_setting(name, place);
            return None;
        };
        self.given_once(name, seen);
        Some(info)
    }

    /// A setting that `place` does not have.
    pub(super) fn unknown_setting(&mut self, name: &Name, place: Where) {
        if self.is_output(&name.text) {
            self.missing_out(name);
            return;
        }
        let known = || settings_of(place).map(|info| info.name);
        let finding = self
            .finding(Code::UnknownSetting, name.span, format!("{} has no setting `{}`", place.noun(), name.text))
            .label("not a setting");
        if place == Where::Job && matches!(name.text.as_str(), "cache" | "service") {
            let finding = finding.help(format!("name it: `{} deps {{ … }}`", name.text));
            self.report(finding.label("which one?"));
            return;
        }
        let elsewhere = ELSEWHERE.iter().find(|(key, ..)| *key == name.text);
        let finding = if let Some((_, ours, help)) = elsewhere {
            let finding = finding.help(*help);
            match ours.filter(|ours| known().any(|known| known == *ours)) {
                Some(ours) => finding.fix(format!("change it to `{ours}`"), self.at(name.span), ours),
                None => finding,
            }
        } else if let Some(near) = nearest(&name.text, known()) {
            finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            )
        } else if let Some(elsewhere) = SETTINGS.iter().find(|info| info.name == name.text) {
            let places: Vec<&str> = elsewhere.places.iter().map(|place| place.noun()).collect();
            finding.help(format!("it is a setting of {}", places.join(" and ")))
        } else if known().next().is_none() {
            finding
                .note(format!("{} has no settings", place.noun()))
                .help(format!("to bind a value, write `let {} = …`", name.text))
        } else {
            finding
                .note(format!("its settings: {}", list(known())))
                .help(format!("to bind a value, write `let {} = …`", name.text))
        };
        self.report(finding);
    }

    fn value_setting(&mut self, name: &Name, value: &Expr, place: Where, seen: &mut FxHashMap<SmolStr, Span>) {
        let Some(info) = self.find_setting(name, place, seen) else {
            // The names in it count as read: what is wrong is the setting.
            crate::walk::names(value, &mut |name, _| {
                self.read_local(name);
            });
            return;
        };
        let what = format!("`{}`", name.text);
        match info.form {
            SettingForm::Value(form, phase) | SettingForm::Either(form, phase, _) => {
                self.typed(form, value, info.name, phase, &what);
                self.value_advice(info, value, place);
            }
            SettingForm::Patterns => {
                self.sink_expr(value, &Ty::List(Arc::new(Ty::String)), Sink::Const(&what));
                self.source_patterns(value, &what);
            }
            SettingForm::Backends => self.backends(value, &what),
            SettingForm::Checkout => {
                if value.kind != ExprKind::None && value.kind != ExprKind::Hole {
                    let finding = self
                        .finding(Code::BadSetting, value.span, "`checkout` is `none` or a block")
                        .label("neither")
                        .help("write `checkout = none`, or `checkout { depth = 0 }`");
                    self.report(finding);
                }
            }
            SettingForm::Variables(_) | SettingForm::Entries(_) | SettingForm::Permissions => {
                let example = match info.form {
                    SettingForm::Variables(_) => "NAME = value",
                    SettingForm::Permissions => "contents = read",
                    SettingForm::Entries([first, ..]) => first.name,
                    _ => "…",
                };
                let example = if example.contains(' ') { example.to_owned() } else { format!("{example} = …") };
                crate::walk::names(value, &mut |name, _| {
                    self.read_local(name);
                });
                let finding = self
                    .finding(Code::BadSetting, Span::new(name.span.start, value.span.end), format!("{what} is a block"))
                    .label("not a value")
                    .help(format!("write `{} {{ {example} }}`", name.text));
                self.report(finding);
            }
        }
    }

    /// What is possible, but hardly meant or not kept to by every backend.
    fn value_advice(&mut self, info: &SettingInfo, value: &Expr, place: Where) {
        let Some(known) = self.out.types.get(&value.span).and_then(|val| val.norm.value()).cloned() else { return };
        match (info.name, known) {
            ("timeout", ConstValue::Duration(ms)) if ms > 0 && ms % 60_000 != 0 => {
                let minutes = duration(ms.div_ceil(60_000) * 60_000);
                self.rounded(value.span, ms, "minutes", &minutes);
            }
            ("display", ConstValue::Text(text)) => self.judge_title(value, &text),
            ("workdir", ConstValue::Text(path)) if !path.trim().is_empty() => {
                if let Some(problem) = folder_problem(&path) {
                    let finding = self
                        .finding(Code::BadSetting, value.span, format!("the folder `{path}` {problem}"))
                        .label("not a folder of the sources")
                        .help("give a path relative to the sources, with `/`");
                    self.report(finding);
                }
            }
            ("continue_on_error" | "advisory" | "always", ConstValue::Bool(false)) if place != Where::Expr => {
                if matches!(value.kind, ExprKind::Bool(false)) {
                    let finding = self
                        .finding(Code::NoEffect, value.span, format!("`{} = false` changes nothing", info.name))
                        .label("is so anyway")
                        .help("remove the setting");
                    self.report(finding);
                }
            }
            _ => {}
        }
    }

    /// Reports a duration that hosted CI rounds up to whole `units`.
    pub(super) fn rounded(&mut self, span: Span, ms: u64, units: &str, whole: &str) {
        let finding = self
            .finding(
                Code::RoundedDuration,
                span,
                format!("hosted CI counts {units} here, so {} becomes {whole} there", duration(ms)),
            )
            .label("rounded up")
            .help(format!("write `{whole}`"))
            .fix(format!("write `{whole}`"), self.at(span), whole);
        self.report(finding);
    }

    fn judge_title(&mut self, value: &Expr, text: &str) {
        if let Some(problem) = title_problem(text).filter(|_| !text.trim().is_empty()) {
            let finding = self
                .finding(Code::BadTitle, value.span, format!("the title {problem}"))
                .label("cannot be shown like this");
            self.report(finding);
        }
    }

    fn backends(&mut self, value: &Expr, what: &str) {
        let backend = crate::scope::prelude(self.db, "Backend").map_or(Ty::Error, Ty::Enum);
        let val = self.check_expr(value, &Ty::List(Arc::new(backend)), &format!("{what} is"));
        self.require_const(value, &val, what);
        let ExprKind::List(elements) = &value.kind else { return };
        if elements.is_empty() {
            let finding = self
                .finding(Code::BadSetting, value.span, "a pipeline supports at least one backend")
                .label("none")
                .help("list some of `github`, `ado` and `local`, or leave the setting out for all of them");
            self.report(finding);
        }
        let mut seen: FxHashMap<String, Span> = FxHashMap::default();
        for element in elements {
            let Some(value) = self.out.types.get(&element.value.span).and_then(|val| val.norm.value()) else {
                continue;
            };
            let name = value.display(self.db);
            if let Some(first) = seen.insert(name.clone(), element.value.span) {
                let finding = self
                    .finding(Code::DuplicateSetting, element.value.span, format!("`{name}` is listed twice"))
                    .label("again here")
                    .related(self.at(first), "first here")
                    .help("remove one of the two");
                self.report(finding);
            }
        }
    }

    fn map_setting(&mut self, name: &Name, map: &Map, place: Where, seen: &mut FxHashMap<SmolStr, Span>) {
        let Some(info) = self.find_setting(name, place, seen) else {
            for entry in &map.entries {
                if let flow_syntax::tree::EntryValue::Expr(value) = &entry.value {
                    crate::walk::names(value, &mut |name, _| {
                        self.read_local(name);
                    });
                }
            }
            return;
        };
        let what = format!("`{}`", name.text);
        match info.form {
            SettingForm::Variables(phase) => {
                let phase = if place == Where::Pipeline { super::Phase::Plan } else { phase };
                self.env(map, phase);
            }
            SettingForm::Checkout => self.checkout(map, name.span),
            SettingForm::Permissions => self.permissions(map),
            SettingForm::Entries(known) | SettingForm::Either(_, _, known) => {
                self.block_entries(map, &what, name.span, known);
            }
            SettingForm::Value(..) | SettingForm::Patterns | SettingForm::Backends => {
                let finding = self
                    .finding(Code::BadSetting, name.span, format!("{what} is a value, not a block"))
                    .label("not a block")
                    .help(format!("write `{} = …`", name.text));
                self.report(finding);
            }
        }
    }

    /// `checkout { … }`, as a setting or as a statement.
    pub(super) fn checkout(&mut self, map: &Map, span: Span) {
        self.block_entries(map, "`checkout`", span, CHECKOUT);
        for entry in &map.entries {
            let flow_syntax::tree::EntryValue::Expr(value) = &entry.value else { continue };
            let known = self.out.types.get(&value.span).and_then(|val| val.norm.value()).cloned();
            let Some(ConstValue::Text(text)) = known else { continue };
            let problem = match entry.key.text.as_str() {
                "path" if !text.trim().is_empty() => folder_problem(&text),
                "repo" if !text.trim().is_empty() && !is_repository(&text) => {
                    Some("does not name a repository: `owner/name`")
                }
                _ => None,
            };
            if let Some(problem) = problem {
                let finding =
                    self.finding(Code::BadSetting, value.span, format!("`{text}` {problem}")).label("not possible");
                self.report(finding);
            }
        }
    }

    /// Patterns of `inputs` that can match no file of the sources.
    pub(super) fn source_patterns(&mut self, value: &Expr, what: &str) {
        let ExprKind::List(elements) = &value.kind else { return };
        if elements.is_empty() {
            let finding = self
                .finding(Code::BadSetting, value.span, format!("{what} is empty, so the job would see no file at all"))
                .label("no patterns")
                .help("name the files that the result depends on, or write `checkout = none` for a job without any");
            self.report(finding);
        }
        let positive = |text: &str| !text.starts_with('!');
        let mut all_exclude = !elements.is_empty();
        for element in elements {
            let ExprKind::Text(text) = &element.value.kind else {
                all_exclude = false;
                continue;
            };
            let Some(pattern) = text.plain() else {
                all_exclude = false;
                continue;
            };
            all_exclude &= !positive(&pattern);
            let bare = pattern.strip_prefix('!').unwrap_or(&pattern);
            let problem = if bare.is_empty() {
                "is empty"
            } else if bare.starts_with('/') {
                "is absolute; patterns are relative to the project"
            } else if bare.split('/').any(|part| part == "..") {
                "leaves the project"
            } else if bare.contains('\\') {
                "has a `\\`; the separator is `/` on every system"
            } else {
                continue;
            };
            let finding = self
                .finding(Code::BadSetting, element.value.span, format!("the pattern `{pattern}` of {what} {problem}"))
                .label("matches no file")
                .help("name files of the project, as in `\"src/**\"`");
            self.report(finding);
        }
        if all_exclude {
            let finding = self
                .finding(
                    Code::BadSetting,
                    value.span,
                    format!("{what} only leaves files out, so the job would see none"),
                )
                .label("every pattern begins with `!`")
                .help("begin with what is taken: `[\"**\", \"!docs/**\"]`");
            self.report(finding);
        }
    }
}

/// What is wrong with a folder of the sources.
fn folder_problem(path: &str) -> Option<&'static str> {
    if path.starts_with('/') || path.starts_with('~') || path.get(1..2) == Some(":") {
        return Some("is absolute");
    }
    if path.contains('\\') {
        return Some("has a `\\`; the separator is `/` on every system");
    }
    path.split('/').any(|part| part == "..").then_some("leaves the sources")
}

/// `owner/name`, on Azure `project/name` or a URL-free name.
fn is_repository(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() == 2 && parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace))
}
