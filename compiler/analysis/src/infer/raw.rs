//! `raw github { … }`: keys that the language has no word for. What the compiler owns is refused here, the
//! rest is for the backend's schema to judge.

use flow_syntax::tree::{Entry, EntryValue, Map, Name, RawValue, Text, TextPart};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Infer;
use super::sink::Sink;
use crate::raw::{BACKENDS, PLACES, owned, yaml_keys};
use crate::settings::Where;
use crate::suggest::{list, nearest};
use crate::ty::Ty;

impl Infer<'_> {
    pub(super) fn raw(&mut self, backend: &Name, value: &RawValue, place: Where, seen: &mut FxHashMap<SmolStr, Span>) {
        if !PLACES.contains(&place) {
            let finding = self
                .finding(Code::NotAllowedHere, backend.span, format!("`raw` has no meaning in {}", place.noun()))
                .label("not here")
                .help("it belongs into a job, a step or a pipeline");
            self.report(finding);
        } else if !backend.is_missing() && !BACKENDS.contains(&backend.text.as_str()) {
            let finding = self
                .finding(
                    Code::BadSetting,
                    backend.span,
                    format!("`raw` is for {}, not `{}`", list(BACKENDS), backend.text),
                )
                .label("has no file of its own");
            let finding = match nearest(&backend.text, BACKENDS) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                    format!("change it to `{near}`"),
                    self.at(backend.span),
                    near,
                ),
                None => finding.help("a local run is what the program says, and nothing else"),
            };
            self.report(finding);
        } else if let Some(first) = seen.insert(SmolStr::from(format!("raw {}", backend.text)), backend.span) {
            let finding = self
                .finding(Code::DuplicateSetting, backend.span, format!("`raw {}` stands twice", backend.text))
                .label("again here")
                .related(self.at(first), "first here")
                .help("put all keys into one of them");
            self.report(finding);
        }
        match value {
            RawValue::Map(map) => {
                if map.entries.is_empty() {
                    let finding = self
                        .finding(Code::BadSetting, map.span, "this `raw` is empty")
                        .label("no keys")
                        .help("remove it");
                    self.report(finding);
                }
                let mut keys = FxHashMap::default();
                for Entry { key, value } in &map.entries {
                    self.given_once(key, &mut keys);
                    self.raw_key(&key.text, key.span, backend, place);
                    self.raw_value(value);
                }
            }
            RawValue::Text(text) => self.raw_text(text, backend, place),
        }
    }

    fn raw_key(&mut self, key: &str, span: Span, backend: &Name, place: Where) {
        let Some((_, help)) = owned(&backend.text, place).iter().find(|(name, _)| *name == key) else { return };
        let finding = self
            .finding(Code::RawOwned, span, format!("`{key}` is written by the compiler"))
            .label("would be there twice")
            .note("`raw` is for keys that the language has no word for; for this one the compiler checks what it says")
            .help(*help);
        self.report(finding);
    }

    /// A value in a `raw` block: what YAML can hold.
    fn raw_value(&mut self, value: &EntryValue) {
        match value {
            EntryValue::Map(Map { entries, .. }) => {
                let mut keys = FxHashMap::default();
                for Entry { key, value } in entries {
                    self.given_once(key, &mut keys);
                    self.raw_value(value);
                }
            }
            EntryValue::Expr(e) => {
                let val = self.expr(e, None);
                let fits = |ty: &Ty| super::expr::is_text(ty) || *ty == Ty::None;
                let list = |ty: &Ty| matches!(ty, Ty::List(inner) if fits(inner));
                if !fits(&val.ty) && !list(&val.ty) {
                    let shown = self.show(&val.ty);
                    let finding = self
                        .finding(
                            Code::TypeMismatch,
                            e.span,
                            format!("`raw` cannot hold {a}", a = super::article(&shown)),
                        )
                        .label(format!("this is {a}", a = super::article(&shown)))
                        .help("give a text, a number, `true` or `false`, or a list of these");
                    self.report(finding);
                    return;
                }
                self.sink(e, &val, Sink::Const("a value in `raw`"));
            }
        }
    }

    fn raw_text(&mut self, text: &Text, backend: &Name, place: Where) {
        self.sink_text(text, Sink::Const("the text of `raw`"));
        // What is interpolated is a value, never a key.
        let mut plain = String::new();
        let mut places: Vec<(usize, Span)> = Vec::new();
        for part in &text.parts {
            match part {
                TextPart::Literal { value, span } => {
                    places.push((plain.len(), *span));
                    plain.push_str(value);
                }
                TextPart::Hole(_) => plain.push('x'),
            }
        }
        let Some(keys) = yaml_keys(&plain) else {
            let finding = self
                .finding(Code::BadSetting, text.span, "the text of `raw` is not a mapping of YAML")
                .label("no `key: value`")
                .help("write keys and values: `key: value`, one a line");
            self.report(finding);
            return;
        };
        if keys.is_empty() {
            let finding =
                self.finding(Code::BadSetting, text.span, "this `raw` is empty").label("no keys").help("remove it");
            self.report(finding);
        }
        let mut first: FxHashMap<&str, Span> = FxHashMap::default();
        for (at, key) in keys {
            let part = places.iter().rev().find(|(start, _)| *start <= at);
            let span = part.map_or(text.span, |(start, span)| {
                let begin = span.start + u32::try_from(at - start).unwrap_or(0);
                let end = begin + u32::try_from(key.len()).unwrap_or(0);
                if text.block && end <= span.end { Span::new(begin, end) } else { text.span }
            });
            self.raw_key(key, span, backend, place);
            if let Some(earlier) = first.insert(key, span) {
                let finding = self
                    .finding(Code::DuplicateSetting, span, format!("`{key}` is set twice"))
                    .label("again here")
                    .related(self.at(earlier), "first set here");
                self.report(finding);
            }
        }
    }
}
