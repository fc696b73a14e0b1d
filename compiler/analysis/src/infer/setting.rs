//! Settings of bodies, checked by the [table](crate::settings).

use std::sync::Arc;

use flow_syntax::tree::{Entry, EntryValue, Expr, ExprKind, Map, Name, Setting};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Infer;
use crate::settings::{SETTINGS, SettingForm, Where, settings_of};
use crate::suggest::{list, nearest};
use crate::ty::Ty;

impl Infer<'_> {
    /// A setting in a body of kind `place`. `seen` holds those before it.
    pub(super) fn setting(&mut self, setting: &Setting, span: Span, place: Where, seen: &mut FxHashMap<SmolStr, Span>) {
        match setting {
            Setting::Value { name, value } => self.value_setting(name, value, span, place, seen),
            Setting::Map { name, map } => self.map_setting(name, map, place, seen),
            Setting::Service { name, .. } => self.not_built(name.span, "a `service`"),
            Setting::Cache { name, .. } => self.not_built(name.span, "a `cache`"),
            Setting::Raw { backend, .. } => self.not_built(backend.span, "`raw`"),
            Setting::Extends { backend, .. } => self.not_built(backend.span, "`extends`"),
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

    fn find_setting(&mut self, name: &Name, place: Where, seen: &mut FxHashMap<SmolStr, Span>) -> Option<SettingForm> {
        if name.is_missing() {
            return None;
        }
        let Some(info) = settings_of(place).find(|info| info.name == name.text) else {
            self.unknown_setting(name, place);
            return None;
        };
        if let Some(first) = seen.insert(name.text.clone(), name.span) {
            let finding = self
                .finding(Code::DuplicateSetting, name.span, format!("`{}` is set twice", name.text))
                .label("again here")
                .related(self.at(first), "first set here")
                .help("remove one of the two");
            self.report(finding);
        }
        Some(info.form)
    }

    fn unknown_setting(&mut self, name: &Name, place: Where) {
        if self.is_output(&name.text) {
            self.missing_out(name);
            return;
        }
        let known = || settings_of(place).map(|info| info.name);
        let finding = self
            .finding(Code::UnknownSetting, name.span, format!("{} has no setting `{}`", place.noun(), name.text))
            .label("not a setting");
        let finding = if let Some(near) = nearest(&name.text, known()) {
            finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            )
        } else if let Some(elsewhere) = SETTINGS.iter().find(|info| info.name == name.text) {
            let places: Vec<&str> = elsewhere.places.iter().map(|place| place.noun()).collect();
            finding.help(format!("it is a setting of {}", places.join(" and ")))
        } else {
            finding
                .note(format!("its settings: {}", list(known())))
                .help(format!("to bind a value, write `let {} = …`", name.text))
        };
        self.report(finding);
    }

    fn value_setting(
        &mut self,
        name: &Name,
        value: &Expr,
        span: Span,
        place: Where,
        seen: &mut FxHashMap<SmolStr, Span>,
    ) {
        let Some(form) = self.find_setting(name, place, seen) else {
            // The names in it count as read: what is wrong is the setting.
            crate::walk::names(value, &mut |name, _| {
                self.read_local(name);
            });
            return;
        };
        let what = format!("`{}`", name.text);
        let because = format!("{what} is");
        let const_of = |infer: &mut Self, ty: Ty| {
            let val = infer.check_expr(value, &ty, &because);
            infer.require_const(value, &val, &what);
        };
        match form {
            SettingForm::Text => const_of(self, Ty::String),
            SettingForm::Texts => {
                const_of(self, Ty::List(Arc::new(Ty::String)));
                self.source_patterns(value, &what);
            }
            SettingForm::Duration => {
                let val = self.check_expr(value, &Ty::Duration, &because);
                self.require_const(value, &val, &what);
                if let ExprKind::Duration(0) = value.kind {
                    let finding = self
                        .finding(Code::BadSetting, value.span, format!("{what} cannot be nothing"))
                        .label("stops it at once");
                    self.report(finding);
                }
            }
            SettingForm::Backends => {
                let backend = crate::scope::prelude(self.db, "Backend").map_or(Ty::Error, Ty::Enum);
                const_of(self, Ty::List(Arc::new(backend)));
                if matches!(&value.kind, ExprKind::List(elements) if elements.is_empty()) {
                    let finding = self
                        .finding(Code::BadSetting, value.span, "a pipeline supports at least one backend")
                        .label("none")
                        .help("list some of `github`, `ado` and `local`, or leave the setting out for all of them");
                    self.report(finding);
                }
            }
            SettingForm::Checkout => {
                if value.kind != ExprKind::None && value.kind != ExprKind::Hole {
                    let finding = self
                        .finding(Code::BadSetting, value.span, "`checkout` is `none` or a block")
                        .label("neither")
                        .help("write `checkout = none`, or `checkout { depth = 0 }`");
                    self.report(finding);
                }
            }
            SettingForm::Env => {
                let finding = self
                    .finding(Code::BadSetting, span, format!("{what} is a block"))
                    .label("not a value")
                    .help(format!("write `{} {{ NAME = value }}`", name.text));
                self.report(finding);
            }
            SettingForm::NotBuilt => self.not_built(name.span, &what),
        }
    }

    fn map_setting(&mut self, name: &Name, map: &Map, place: Where, seen: &mut FxHashMap<SmolStr, Span>) {
        let Some(form) = self.find_setting(name, place, seen) else { return };
        let what = format!("`{}`", name.text);
        match form {
            _ if name.text == "permissions" => self.permissions(map),
            SettingForm::Env => self.env(map),
            SettingForm::Checkout => {
                self.entries(
                    map,
                    &what,
                    &[("depth", Ty::Int), ("tags", Ty::Bool), ("submodules", Ty::Bool), ("lfs", Ty::Bool)],
                );
            }
            SettingForm::NotBuilt => self.not_built(name.span, &what),
            SettingForm::Text | SettingForm::Texts | SettingForm::Duration | SettingForm::Backends => {
                let finding = self
                    .finding(Code::BadSetting, name.span, format!("{what} is a value, not a block"))
                    .label("not a block")
                    .help(format!("write `{} = …`", name.text));
                self.report(finding);
            }
        }
    }

    /// Patterns of `inputs` that can match no file of the sources.
    pub(super) fn source_patterns(&mut self, value: &Expr, what: &str) {
        let ExprKind::List(elements) = &value.kind else { return };
        for element in elements {
            let ExprKind::Text(text) = &element.value.kind else { continue };
            let Some(pattern) = text.plain() else { continue };
            let problem = if pattern.is_empty() {
                "is empty"
            } else if pattern.starts_with('/') {
                "is absolute; patterns are relative to the project"
            } else if pattern.split('/').any(|part| part == "..") {
                "leaves the project"
            } else if pattern.contains('\\') {
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
    }

    /// `env { NAME = value }`.
    fn env(&mut self, map: &Map) {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        for Entry { key, value } in &map.entries {
            let valid = key.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && key.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !valid && !key.is_missing() {
                let finding = self
                    .finding(Code::BadSetting, key.span, format!("`{}` cannot be the name of a variable", key.text))
                    .label("letters, digits and `_` only");
                self.report(finding);
            }
            if let Some(first) = seen.insert(key.text.clone(), key.span) {
                let finding = self
                    .finding(Code::DuplicateSetting, key.span, format!("`{}` is set twice", key.text))
                    .label("again here")
                    .related(self.at(first), "first set here");
                self.report(finding);
            }
            match value {
                EntryValue::Expr(value) => {
                    let val = self.expr(value, None);
                    if val.labels.secret {
                        self.secrets.push(value.span);
                    }
                    let fits = super::expr::is_text(&val.ty)
                        || matches!(val.ty.present(), Ty::Secret | Ty::File | Ty::Exec | Ty::Opaque)
                        || super::expr::is_text(val.ty.present());
                    if !fits && val.ty != Ty::Unit {
                        let shown = self.show(&val.ty);
                        let finding = self
                            .finding(
                                Code::NotText,
                                value.span,
                                format!("a variable cannot hold {a}", a = super::article(&shown)),
                            )
                            .label(format!("this is {a}", a = super::article(&shown)));
                        self.report(finding);
                    } else if val.ty == Ty::Unit {
                        self.expect(value.span, &val.ty, &Ty::String, "a variable holds");
                    }
                }
                EntryValue::Map(map) => {
                    let finding = self
                        .finding(Code::BadSetting, map.span, "a variable holds a text, not a block")
                        .label("a block");
                    self.report(finding);
                }
            }
        }
    }

    /// The entries of a block that has a fixed set of const ones.
    pub(super) fn entries(&mut self, map: &Map, what: &str, known: &[(&str, Ty)]) {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        for Entry { key, value } in &map.entries {
            if key.is_missing() {
                continue;
            }
            let Some((name, ty)) = known.iter().find(|(name, _)| *name == key.text) else {
                let names = || known.iter().map(|(name, _)| *name);
                let finding = self
                    .finding(Code::UnknownSetting, key.span, format!("{what} has no `{}`", key.text))
                    .label("not known");
                let finding = match nearest(&key.text, names()) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                        format!("change it to `{near}`"),
                        self.at(key.span),
                        near,
                    ),
                    None => finding.help(format!("it has {}", list(names()))),
                };
                self.report(finding);
                continue;
            };
            if let Some(first) = seen.insert(key.text.clone(), key.span) {
                let finding = self
                    .finding(Code::DuplicateSetting, key.span, format!("`{}` is set twice", key.text))
                    .label("again here")
                    .related(self.at(first), "first set here");
                self.report(finding);
            }
            match value {
                EntryValue::Expr(value) => {
                    let val = self.check_expr(value, ty, &format!("`{name}` is"));
                    self.require_const(value, &val, &format!("`{name}`"));
                }
                EntryValue::Map(map) => {
                    let finding = self
                        .finding(Code::BadSetting, map.span, format!("`{name}` is a value, not a block"))
                        .label("a block");
                    self.report(finding);
                }
            }
        }
    }
}
