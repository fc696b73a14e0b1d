//! What starts a pipeline and what it asks for.

use std::sync::Arc;

use flow_syntax::tree::{self, Entry, EntryValue, ExprKind, Map, Name};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Infer;
use crate::suggest::{list, nearest};
use crate::ty::Ty;

impl Infer<'_> {
    /// Reports a second trigger of one event; only schedules add up.
    pub(super) fn repeated_trigger(&mut self, event: &tree::Path, seen: &mut FxHashMap<SmolStr, Span>) {
        let [name] = event.segments.as_slice() else { return };
        if name.is_missing() || matches!(name.text.as_str(), "schedule" | "finished") {
            return;
        }
        let Some(first) = seen.insert(SmolStr::from(format!("on {}", name.text)), name.span) else { return };
        let finding = self
            .finding(Code::DuplicateSetting, name.span, format!("`on {}` stands twice", name.text))
            .label("again here")
            .related(self.at(first), "first here")
            .help("join their filters into one");
        self.report(finding);
    }

    /// `on push { branches = […] }`.
    pub(super) fn trigger(&mut self, event: &tree::Path, finished: Option<&Name>, filters: Option<&Map>) {
        let texts = || Ty::List(Arc::new(Ty::String));
        if let Some(finished) = finished {
            self.not_built(finished.span, "`on finished`");
            return;
        }
        let name = match event.segments.as_slice() {
            [name] => name,
            _ => {
                self.not_built(event.span, "an event of one backend");
                return;
            }
        };
        if name.is_missing() {
            return;
        }
        let known: Vec<(&str, Ty)> = match name.text.as_str() {
            "push" => vec![("branches", texts()), ("tags", texts()), ("paths", texts())],
            "pull_request" => vec![("branches", texts()), ("paths", texts()), ("drafts", Ty::Bool)],
            "schedule" => vec![("cron", Ty::String)],
            "manual" => Vec::new(),
            "merge_queue" | "call" => {
                let what = format!("`on {}`", name.text);
                self.not_built(name.span, &what);
                return;
            }
            _ => {
                const EVENTS: [&str; 6] = ["push", "pull_request", "merge_queue", "schedule", "manual", "call"];
                let finding = self
                    .finding(Code::UnknownTrigger, name.span, format!("there is no event `{}`", name.text))
                    .label("not an event");
                let elsewhere = match name.text.as_str() {
                    "workflow_dispatch" | "dispatch" => Some("manual"),
                    "workflow_call" => Some("call"),
                    "merge_group" => Some("merge_queue"),
                    "pr" | "pull_request_target" => Some("pull_request"),
                    "cron" => Some("schedule"),
                    other => nearest(other, EVENTS),
                };
                let finding = match elsewhere {
                    Some(near) => finding.help(format!("did you mean `on {near}`?")).fix(
                        format!("change it to `{near}`"),
                        self.at(name.span),
                        near,
                    ),
                    None => finding.help(format!(
                        "the events are {}; one of a backend has its name before it, as in `on github.release`",
                        list(EVENTS)
                    )),
                };
                self.report(finding);
                return;
            }
        };
        if let Some(filters) = filters {
            let what = format!("`on {}`", name.text);
            self.entries(filters, &what, &known);
        }
        let cron = filters.and_then(|map| map.entries.iter().find(|entry| entry.key.text == "cron"));
        if let Some(Entry { value: EntryValue::Expr(value), .. }) = cron
            && let ExprKind::Text(text) = &value.kind
            && let Some(problem) = text.plain().and_then(|cron| cron_problem(&cron))
        {
            let finding = self
                .finding(Code::BadSetting, value.span, format!("this is not a time: {problem}"))
                .label("not five cron fields")
                .help("minute, hour, day of the month, month, day of the week, in UTC: `\"0 4 * * 1-5\"`");
            self.report(finding);
        }
        if name.text == "schedule"
            && !filters.is_some_and(|map| map.entries.iter().any(|entry| entry.key.text == "cron"))
        {
            let finding = self
                .finding(Code::BadSetting, name.span, "a schedule needs its time")
                .label("no `cron`")
                .help("give it as five cron fields, in UTC: `on schedule { cron = \"0 4 * * 1-5\" }`");
            self.report(finding);
        }
    }
}

/// What is wrong with five cron fields (POSIX crontab: numbers, ranges, lists, steps, names of months and
/// days).
fn cron_problem(cron: &str) -> Option<String> {
    const FIELDS: [(&str, u32, u32); 5] =
        [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7)];
    let fields: Vec<&str> = cron.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("it has {} fields, not 5", fields.len()));
    }
    let fits = |part: &str, low: u32, high: u32| {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let number = |text: &str| text.parse::<u32>().is_ok_and(|it| (low..=high).contains(&it));
        let name =
            |text: &str| low <= 1 && high <= 12 && text.len() == 3 && text.bytes().all(|it| it.is_ascii_alphabetic());
        let one = |text: &str| number(text) || name(text);
        let ranged = range == "*" || one(range) || range.split_once('-').is_some_and(|(from, to)| one(from) && one(to));
        ranged && step.is_none_or(|step| step.parse::<u32>().is_ok_and(|it| it > 0))
    };
    fields.iter().zip(FIELDS).find_map(|(field, (name, low, high))| {
        let wrong = field.split(',').any(|part| !fits(part, low, high));
        wrong.then(|| format!("`{field}` is no {name}, which goes from {low} to {high}"))
    })
}
