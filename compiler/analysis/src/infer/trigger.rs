//! What starts a pipeline.

use std::sync::Arc;

use flow_syntax::tree::{self, Entry, EntryValue, Expr, ExprKind, Map, Name};
use flow_syntax::{Code, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::Infer;
use crate::cron::{cron_problem, zone_problem};
use crate::events::{self, Types};
use crate::filter::{Subject, pattern_problem};
use crate::suggest::{list, nearest};
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// Reports a second trigger of one event; only schedules add up, and pipelines that finish.
    pub(super) fn repeated_trigger(
        &mut self,
        event: &tree::Path,
        finished: Option<&Name>,
        seen: &mut FxHashMap<SmolStr, Span>,
    ) {
        let names: Vec<&str> =
            event.segments.iter().chain(finished).map(|name| name.text.as_str()).filter(|it| !it.is_empty()).collect();
        let shown = if finished.is_some() { names.join(" ") } else { names.join(".") };
        if names.is_empty() || shown == "schedule" {
            return;
        }
        let Some(first) = seen.insert(SmolStr::from(format!("on {shown}")), event.span) else { return };
        let finding = self
            .finding(Code::DuplicateSetting, event.span, format!("`on {shown}` stands twice"))
            .label("again here")
            .related(self.at(first), "first here")
            .help("join their filters into one");
        self.report(finding);
    }

    /// `on push { branches = […] }`.
    pub(super) fn trigger(&mut self, event: &tree::Path, finished: Option<&Name>, filters: Option<&Map>) {
        match (event.segments.as_slice(), finished) {
            (_, Some(other)) => {
                self.finished(other);
                self.filters(event.span, &format!("`on finished {}`", other.text), "finished", filters);
            }
            ([name], None) if name.is_missing() => {}
            ([name], None) => self.event(name, filters),
            ([backend, name], None) => self.backend_event(backend, name, filters),
            _ => {
                let finding = self
                    .finding(Code::UnknownTrigger, event.span, "an event is a name, or a backend and a name")
                    .label("too many dots")
                    .help("as in `on push`, or `on github.release`");
                self.report(finding);
            }
        }
    }

    fn event(&mut self, name: &Name, filters: Option<&Map>) {
        let text = name.text.as_str();
        if text == "finished" {
            let finding = self
                .finding(Code::UnknownTrigger, name.span, "`on finished` names a pipeline")
                .label("of which one?")
                .help("name it: `on finished build`");
            self.report(finding);
        } else if events::EVENTS.iter().any(|(event, _)| *event == text) {
            self.filters(name.span, &format!("`on {text}`"), text, filters);
            if text == "schedule" {
                self.schedule(name, filters);
            }
        } else {
            self.unknown_event(name);
        }
    }

    /// The filters of an event of the language.
    fn filters(&mut self, span: Span, what: &str, event: &str, filters: Option<&Map>) {
        let Some(filters) = filters else { return };
        let texts = || Ty::List(Arc::new(Ty::String));
        let takes = events::EVENTS.iter().find(|(name, _)| *name == event).map_or(&[][..], |(_, takes)| *takes);
        let known: Vec<(&str, Ty)> = takes
            .iter()
            .map(|name| {
                let ty = match *name {
                    "drafts" => Ty::Bool,
                    "cron" | "timezone" => Ty::String,
                    "when" => crate::scope::prelude(self.db, "When").map_or(Ty::Error, Ty::Enum),
                    _ => texts(),
                };
                (*name, ty)
            })
            .collect();
        if known.is_empty() && !filters.entries.is_empty() {
            let finding = self
                .finding(Code::UnknownSetting, filters.span, format!("{what} takes no filters"))
                .label("nothing to choose from")
                .help("remove the block")
                .fix("remove the block", self.at(Span::new(span.end, filters.span.end)), "");
            self.report(finding);
            return;
        }
        self.entries(filters, what, &known);
        for Entry { key, value } in &filters.entries {
            let EntryValue::Expr(value) = value else { continue };
            match key.text.as_str() {
                "branches" => self.patterns_of(value, Subject::Branches, &key.text),
                "tags" => self.patterns_of(value, Subject::Tags, &key.text),
                "paths" => self.patterns_of(value, Subject::Paths, &key.text),
                "types" => self.types_of(value, Types::Known(events::PULL_REQUEST), what),
                _ => {}
            }
        }
    }

    fn backend_event(&mut self, backend: &Name, name: &Name, filters: Option<&Map>) {
        if name.is_missing() || backend.is_missing() {
            return;
        }
        let text = name.text.as_str();
        let what = format!("`on {}.{text}`", backend.text);
        match backend.text.as_str() {
            "github" => match events::GITHUB.iter().find(|(event, _)| *event == text) {
                Some((_, types)) => self.github_filters(name, &what, *types, filters),
                None => self.unknown_event_of(backend, name, &mut events::GITHUB.iter().map(|(event, _)| *event)),
            },
            "ado" => match events::ADO.iter().find(|(event, _)| *event == text) {
                Some((_, takes)) => self.ado_filters(name, &what, takes, filters),
                None => self.unknown_event_of(backend, name, &mut events::ADO.iter().map(|(event, _)| *event)),
            },
            "local" => {
                let finding = self
                    .finding(Code::UnknownTrigger, backend.span, "a local run has no events of its own")
                    .label("started by a person")
                    .help("remove it; `flowc run` starts every pipeline, and `--event` says what it pretends to be");
                self.report(finding);
            }
            other => {
                let finding = self
                    .finding(Code::UnknownTrigger, backend.span, format!("there is no backend `{other}`"))
                    .label("not a backend");
                let finding = self.meant(finding, backend, nearest(other, ["github", "ado"]), || {
                    "events of one backend are `on github.…` and `on ado.…`".to_owned()
                });
                self.report(finding);
            }
        }
    }

    fn github_filters(&mut self, name: &Name, what: &str, types: Types, filters: Option<&Map>) {
        let Some(filters) = filters else { return };
        if types == Types::None && !filters.entries.is_empty() {
            let finding = self
                .finding(Code::UnknownSetting, filters.span, format!("{what} takes no filters"))
                .label("nothing to choose from")
                .help("remove the block")
                .fix("remove the block", self.at(Span::new(name.span.end, filters.span.end)), "");
            self.report(finding);
            return;
        }
        self.entries(filters, what, &[("types", Ty::List(Arc::new(Ty::String)))]);
        for Entry { key, value } in &filters.entries {
            if let EntryValue::Expr(value) = value
                && key.text == "types"
            {
                self.types_of(value, types, what);
            }
        }
    }

    fn ado_filters(&mut self, name: &Name, what: &str, takes: &[&'static str], filters: Option<&Map>) {
        let known: Vec<(&str, Ty)> = takes.iter().map(|name| (*name, Ty::String)).collect();
        if let Some(filters) = filters {
            self.entries(filters, what, &known);
        }
        let given = |wanted: &&&str| filters.is_some_and(|map| map.entries.iter().any(|it| it.key.text == **wanted));
        let missing: Vec<&str> = takes.iter().filter(|it| !given(it)).copied().collect();
        if missing.is_empty() {
            return;
        }
        let names = list(missing.iter().copied());
        let finding = self
            .finding(Code::BadSetting, name.span, format!("{what} does not say which one: it lacks {names}"))
            .label(format!("{names} missing"))
            .help(format!("name the resource: `{} {{ {} }}`", what.trim_matches('`'), example(takes)));
        self.report(finding);
    }

    /// The texts of a const list, each with where it stands.
    fn texts_of(&self, value: &Expr) -> Option<Vec<(SmolStr, Span)>> {
        let Norm::Value(ConstValue::List(items)) = self.norm(value) else { return None };
        let spans: Vec<Span> = match &value.kind {
            ExprKind::List(elements) if elements.len() == items.len() && elements.iter().all(|it| !it.spread) => {
                elements.iter().map(|element| element.value.span).collect()
            }
            _ => vec![value.span; items.len()],
        };
        let text = |value: &ConstValue| match value {
            ConstValue::Text(text) => Some(text.clone()),
            _ => None,
        };
        items.iter().zip(spans).map(|(value, span)| Some((text(value)?, span))).collect()
    }

    /// Patterns that match nothing, or not what they seem to.
    fn patterns_of(&mut self, value: &Expr, subject: Subject, key: &str) {
        let Some(patterns) = self.texts_of(value) else { return };
        if patterns.is_empty() {
            let finding = self
                .finding(Code::BadFilter, value.span, format!("`{key}` lists nothing, so the event never starts it"))
                .label("empty")
                .help("list patterns, or leave the filter out for all");
            self.report(finding);
            return;
        }
        let mut wrong = false;
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for (pattern, span) in &patterns {
            if let Some(problem) = pattern_problem(pattern, subject) {
                wrong = true;
                let mut finding = self
                    .finding(Code::BadFilter, *span, format!("the pattern `{pattern}` {}", problem.why))
                    .label("matches nothing, or not what is meant")
                    .help(problem.help);
                if let Some(meant) = problem.meant.filter(|_| *span != value.span) {
                    finding = finding.fix(format!("write `{meant}`"), self.at(*span), format!("\"{meant}\""));
                }
                self.report(finding);
            }
            if let Some(first) = seen.insert(pattern, *span) {
                wrong = true;
                let finding = self
                    .finding(Code::BadFilter, *span, format!("the pattern `{pattern}` stands twice"))
                    .label("again here")
                    .related(self.at(first), "first here")
                    .help("remove one of the two");
                self.report(finding);
            }
        }
        if wrong {
            return;
        }
        let excluded: FxHashSet<&str> = patterns.iter().filter_map(|(pattern, _)| pattern.strip_prefix('!')).collect();
        if excluded.len() == patterns.len() {
            let first = patterns.first().map_or(value.span, |(_, span)| *span);
            let mut finding = self
                .finding(Code::BadFilter, value.span, format!("`{key}` only excludes, so nothing is left to match"))
                .label("every pattern begins with `!`")
                .note("a pattern that begins with `!` takes away from what the others match")
                .help("say first what is meant: `\"**\"` for all");
            if first != value.span {
                finding = finding.fix("match all others", self.at(Span::empty(first.start)), "\"**\", ");
            }
            self.report(finding);
            return;
        }
        for (pattern, span) in &patterns {
            if excluded.contains(pattern.as_str()) || (excluded.contains("**") && !pattern.starts_with('!')) {
                let finding = self
                    .finding(
                        Code::BadFilter,
                        *span,
                        format!("what the pattern `{pattern}` matches is excluded as well"),
                    )
                    .label("never matches")
                    .help("remove it, or the one that excludes it");
                self.report(finding);
            }
        }
    }

    /// The activity types of an event.
    fn types_of(&mut self, value: &Expr, types: Types, what: &str) {
        let Some(given) = self.texts_of(value) else { return };
        if given.is_empty() {
            let finding = self
                .finding(Code::BadFilter, value.span, "`types` lists nothing, so the event never starts it")
                .label("empty")
                .help("list types, or leave the filter out for the usual ones");
            self.report(finding);
        }
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for (name, span) in &given {
            if let Some(first) = seen.insert(name, *span) {
                let finding = self
                    .finding(Code::BadFilter, *span, format!("the type `{name}` stands twice"))
                    .label("again here")
                    .related(self.at(first), "first here")
                    .help("remove one of the two");
                self.report(finding);
            }
            let Types::Known(known) = types else { continue };
            if known.contains(&name.as_str()) {
                continue;
            }
            let near = nearest(name, known.iter().copied());
            let mut finding = self
                .finding(Code::BadFilter, *span, format!("{what} has no type `{name}`"))
                .label("not a type of this event");
            finding = match near {
                Some(near) if *span != value.span => finding.help(format!("did you mean `{near}`?")).fix(
                    format!("change it to `{near}`"),
                    self.at(*span),
                    format!("\"{near}\""),
                ),
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("its types: {}", list(known.iter().copied()))),
            };
            self.report(finding);
        }
    }

    fn schedule(&mut self, name: &Name, filters: Option<&Map>) {
        let entry = |key: &str| filters.and_then(|map| map.entries.iter().find(|entry| entry.key.text == key));
        if let Some((text, span)) = entry("cron").and_then(|it| self.text_of(it))
            && let Some(problem) = cron_problem(&text)
        {
            let finding = self
                .finding(Code::BadSetting, span, format!("this is not a time: {problem}"))
                .label("not five cron fields")
                .help("minute, hour, day of the month, month, day of the week, in UTC: `\"0 4 * * 1-5\"`");
            self.report(finding);
        }
        if let Some((text, span)) = entry("timezone").and_then(|it| self.text_of(it))
            && let Some(problem) = zone_problem(&text)
        {
            let finding = self
                .finding(Code::BadSetting, span, format!("this is not a time zone: {problem}"))
                .label("not a name of the IANA database")
                .note("short names such as `CET` stand for several zones, and not for summer time")
                .help("write `Area/City`, as in `\"Europe/Berlin\"`, or `\"UTC\"`");
            self.report(finding);
        }
        if entry("cron").is_none() {
            let finding = self
                .finding(Code::BadSetting, name.span, "a schedule needs its time")
                .label("no `cron`")
                .help("give it as five cron fields, in UTC: `on schedule { cron = \"0 4 * * 1-5\" }`");
            self.report(finding);
        }
    }

    /// The const text of an entry, with where it stands.
    fn text_of(&self, entry: &Entry) -> Option<(SmolStr, Span)> {
        let EntryValue::Expr(value) = &entry.value else { return None };
        match self.norm(value) {
            Norm::Value(ConstValue::Text(text)) => Some((text, value.span)),
            _ => None,
        }
    }

    fn unknown_event(&mut self, name: &Name) {
        let text = name.text.as_str();
        if let Some((_, why, help)) = events::REFUSED.iter().find(|(event, _, _)| *event == text) {
            let finding = self
                .finding(Code::UnknownTrigger, name.span, format!("there is no event `{text}`"))
                .label("an event of GitHub that Flow leaves out")
                .note(*why)
                .help(*help);
            self.report(finding);
            return;
        }
        let finding =
            self.finding(Code::UnknownTrigger, name.span, format!("there is no event `{text}`")).label("not an event");
        let names = || events::EVENTS.iter().map(|(event, _)| *event);
        let elsewhere = events::ELSEWHERE.iter().find(|(other, _)| *other == text).map(|(_, ours)| *ours);
        let finding = if elsewhere.is_none() && events::GITHUB.iter().any(|(event, _)| *event == text) {
            finding.help(format!("it is an event of GitHub alone: `on github.{text}`")).fix(
                format!("write `github.{text}`"),
                self.at(Span::empty(name.span.start)),
                "github.",
            )
        } else if let ("tag" | "tags", None) = (text, elsewhere) {
            finding.help("a tag is pushed: `on push { tags = [\"v*\"] }`")
        } else {
            match elsewhere.or_else(|| nearest(text, names())) {
                Some(near) => finding.help(format!("did you mean `on {near}`?")).fix(
                    format!("change it to `{near}`"),
                    self.at(name.span),
                    near,
                ),
                None => finding.help(format!(
                    "the events are {}; one of a backend has its name before it, as in `on github.release`",
                    list(names())
                )),
            }
        };
        self.report(finding);
    }

    /// `on github.pusj`, `on github.push`.
    fn unknown_event_of(&mut self, backend: &Name, name: &Name, known: &mut dyn Iterator<Item = &'static str>) {
        let text = name.text.as_str();
        let both = Span::new(backend.span.start, name.span.end);
        let elsewhere = events::ELSEWHERE.iter().find(|(other, _)| *other == text).map(|(_, ours)| *ours);
        let ours = elsewhere.or_else(|| events::EVENTS.iter().map(|(event, _)| *event).find(|event| *event == text));
        if let Some(ours) = ours {
            let finding = self
                .finding(Code::UnknownTrigger, both, format!("`{}.{text}` has a word of its own", backend.text))
                .label("not of one backend alone")
                .help(format!("write `on {ours}`, which every backend has"))
                .fix(format!("write `{ours}`"), self.at(both), ours);
            self.report(finding);
            return;
        }
        if events::REFUSED.iter().any(|(event, _, _)| *event == text) {
            self.unknown_event(name);
            return;
        }
        let finding = self
            .finding(Code::UnknownTrigger, name.span, format!("`{}` has no event `{text}`", backend.text))
            .label("not an event");
        let known: Vec<&str> = known.collect();
        let finding = self.meant(finding, name, nearest(text, known.iter().copied()), || {
            format!("its own events are {}", list(known.iter().copied()))
        });
        self.report(finding);
    }

    /// With what was meant, and the fix for it, or else with other help.
    fn meant(
        &self,
        finding: crate::place::Finding,
        name: &Name,
        near: Option<&str>,
        otherwise: impl FnOnce() -> String,
    ) -> crate::place::Finding {
        match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None => finding.help(otherwise()),
        }
    }
}

fn example(takes: &[&str]) -> String {
    takes.iter().map(|name| format!("{name} = \"…\"")).collect::<Vec<_>>().join(", ")
}
