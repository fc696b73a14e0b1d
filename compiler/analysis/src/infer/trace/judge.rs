//! The verdict on a body: its ways put together, and reported.

use std::collections::{BTreeMap, BTreeSet};

use flow_syntax::{Code, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::super::{Infer, LocalKind, OutputSig};
use super::way::{Issue, Places, State, Sure, Way, inside, same_member};
use super::{Event, names_in, symbols_in};
use crate::place::Finding;
use crate::suggest::list;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// How many ways through the const parameters are looked at one by one (semantics.md 3.1).
const VARIANTS: usize = 64;
/// A way through the body, told from others: `debug` is `true`.
type Variant = Vec<(SmolStr, ConstValue)>;

impl Infer<'_> {
    /// Records what happens in `inner` apart from what happened before.
    pub(in super::super) fn recorded<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> (T, Vec<Event>) {
        let outer = std::mem::take(&mut self.trace);
        let value = inner(self);
        (value, std::mem::replace(&mut self.trace, outer))
    }

    /// The values of the const parameters that decide something, each combination once.
    fn variants(&self, events: &[Event], outputs: &[OutputSig]) -> Vec<Variant> {
        let mut deciding: BTreeSet<SmolStr> = BTreeSet::new();
        names_in(events, &mut deciding);
        for output in outputs {
            symbols_in(&output.ty, &mut deciding);
        }
        let mut all: Vec<Variant> = vec![Vec::new()];
        let params = self.frames.first().into_iter().flatten().filter(|local| {
            local.kind == LocalKind::Param && matches!(&local.val.norm, Norm::Symbol(name) if *name == local.name)
        });
        let mut domains: Vec<(SmolStr, Vec<ConstValue>)> = Vec::new();
        for param in params.filter(|param| deciding.contains(&param.name)) {
            let values = match &param.val.ty {
                Ty::Bool => vec![ConstValue::Bool(true), ConstValue::Bool(false)],
                Ty::Enum(_) => self.keys_of(&param.val.ty).map(|keys| keys.to_vec()).unwrap_or_default(),
                _ => continue,
            };
            domains.push((param.name.clone(), values));
        }
        // `server.os` of a `server: Server(_)`.
        for local in self.frames.first().into_iter().flatten().filter(|local| deciding.contains(&local.name)) {
            let Ty::Artifact(def, args) = local.val.ty.present() else { continue };
            for (arg, param) in args.iter().zip(&super::super::signature(self.db, *def).params) {
                let open = arg == &Norm::Symbol(SmolStr::from(format!("{}.{}", local.name, param.name)));
                if let (true, Norm::Symbol(symbol), Some(values)) = (open, arg, self.keys_of(&param.ty)) {
                    domains.push((symbol.clone(), values.to_vec()));
                }
            }
        }
        if deciding.contains("ctx")
            && let Some(backend) = crate::scope::prelude(self.db, "Backend")
        {
            let values = self.keys_of(&Ty::Enum(backend)).map(|keys| keys.to_vec()).unwrap_or_default();
            domains.push((SmolStr::new_static("ctx.backend"), values));
        }
        for (name, values) in domains {
            if values.is_empty() || all.len() * values.len() > VARIANTS {
                continue;
            }
            all = all
                .into_iter()
                .flat_map(|variant| {
                    let name = name.clone();
                    values.iter().map(move |value| {
                        let mut variant = variant.clone();
                        variant.push((name.clone(), value.clone()));
                        variant
                    })
                })
                .collect();
        }
        all
    }

    /// Reports what is wrong with the writes and reads of a body whose outputs are `outputs`.
    pub(in super::super) fn judge(&mut self, outputs: &[OutputSig]) {
        let events = std::mem::take(&mut self.trace);
        if events.is_empty() && outputs.is_empty() {
            return;
        }
        let variants = self.variants(&events, outputs);
        let mut issues: BTreeMap<Issue, Vec<usize>> = BTreeMap::new();
        let mut finals: Vec<State> = Vec::new();
        let mut required: Vec<Vec<Places>> = Vec::new();
        let mut lets: BTreeMap<Span, SmolStr> = BTreeMap::new();
        let mut written: BTreeSet<Span> = BTreeSet::new();
        let roots: FxHashMap<SmolStr, Ty> =
            outputs.iter().map(|output| (output.name.clone(), output.ty.clone())).collect();
        for (index, variant) in variants.iter().enumerate() {
            let mut way = Way {
                infer: self,
                env: variant.clone(),
                any: FxHashSet::default(),
                roots: roots.clone(),
                declared: FxHashMap::default(),
                written_lets: BTreeSet::new(),
                all_lets: BTreeMap::new(),
                loops: Vec::new(),
                issues: Vec::new(),
                steps: 0,
                cache: FxHashMap::default(),
            };
            let mut state = State::new();
            way.run(&events, &mut state);
            required.push(outputs.iter().map(|output| way.places(&output.name)).collect());
            for issue in std::mem::take(&mut way.issues) {
                let places = issues.entry(issue).or_default();
                if places.last() != Some(&index) {
                    places.push(index);
                }
            }
            lets.append(&mut way.all_lets);
            written.append(&mut way.written_lets);
            finals.push(state);
        }
        let mut findings = Vec::new();
        let mut twice: FxHashSet<(Span, Span)> = FxHashSet::default();
        let never: BTreeSet<&SmolStr> =
            lets.iter().filter(|(span, _)| !written.contains(span)).map(|(_, name)| name).collect();
        let unwritten = |root: &SmolStr| {
            never.contains(root) || !finals.iter().flat_map(|state| state.keys()).any(|place| inside(root, place))
        };
        for (issue, ways) in &issues {
            // What nothing writes is reported as that.
            if let Issue::Early { root, .. } = issue
                && unwritten(root)
            {
                continue;
            }
            // A whole artifact written twice is one mistake, not one for each of its files.
            if let Issue::Twice { span, first, .. } = issue
                && !twice.insert((*span, *first))
            {
                continue;
            }
            let when = (ways.len() < variants.len()).then(|| when(self, &variants, ways)).flatten();
            findings.extend(self.issue(issue, when));
        }
        for (span, name) in &lets {
            if !written.contains(span) && !self.mistaken.contains(name) {
                findings.push(self.never_written(*span, std::slice::from_ref(&name.to_string()), true));
            }
        }
        for (index, output) in outputs.iter().enumerate() {
            if !self.mistaken.contains(&output.name) {
                self.missing(output, index, &variants, &finals, &required, &mut findings);
            }
        }
        findings.into_iter().for_each(|finding| self.report(finding));
    }

    fn issue(&self, issue: &Issue, when: Option<String>) -> Option<Finding> {
        Some(match issue {
            Issue::Twice { span, place, loop_: Some((name, at, elements)), .. } => {
                let finding = self
                    .finding(Code::WrittenTwice, *span, format!("`{place}` is written once for each `{name}`"))
                    .label("in a loop")
                    .note("every output is written exactly once");
                match elements {
                    Some((first, second)) => finding
                        .related(self.at(*first), "written for this element")
                        .related(self.at(*second), "and again for this one"),
                    None => finding.related(self.at(*at), "this runs more than once"),
                }
                .help("write it outside of the loop, or make it a family with a member for each element")
            }
            Issue::Twice { span, place, first, maybe, loop_: None } => {
                let finding = self
                    .finding(Code::WrittenTwice, *span, format!("`{place}` is written twice"))
                    .label("again here")
                    .related(self.at(*first), if *maybe { "written here on some paths" } else { "first written here" })
                    .note("every output is written exactly once, so that a reader knows where it comes from")
                    .help("remove one of the two, or write to two outputs");
                match when {
                    Some(when) => finding.note(format!("that is so when {when}")),
                    None => finding,
                }
            }
            Issue::Early { span, place, root, maybe } => {
                let local = self.local(root);
                let declared = local.map(|local| local.span);
                let (how, label) = if *maybe {
                    ("is perhaps not written where this is read", "needs all of it")
                } else {
                    ("is read before it is written", "not written yet")
                };
                let mut finding = self.finding(Code::ReadBeforeWrite, *span, format!("`{place}` {how}")).label(label);
                if let Some(declared) = declared {
                    finding = finding.related(self.at(declared), format!("`{root}` is declared here"));
                }
                if let Some(when) = when {
                    finding = finding.note(format!("that is so when {when}"));
                }
                finding.help("move this below the step that writes it; within that step, `#{out …}` names it")
            }
            Issue::Absent { span, place } => {
                let finding = self
                    .finding(
                        Code::UnknownField,
                        *span,
                        format!("`{place}` is not there in this variant of the artifact"),
                    )
                    .label("no such file");
                match when {
                    Some(when) => finding
                        .note(format!("that is so when {when}"))
                        .help("put what writes it into an `if` on the same condition as the field's"),
                    None => finding.help("remove it"),
                }
            }
        })
    }

    fn never_written(&self, span: Span, places: &[String], value: bool) -> Finding {
        let all = list(places.iter().map(String::as_str));
        let is = if places.len() == 1 { "is" } else { "are" };
        let first = places.first().map_or("", String::as_str);
        let help = if self.place.is_graph() {
            format!("pass on what a job makes: `out {first} = build()`")
        } else if value {
            format!("write it: `out {first} = sh \"…\"`, or `#{{out {first}}}` in a script")
        } else {
            format!("write it in a script, `#{{out {first}}}`, or take what a tool left: `out {first} = file(\"…\")`")
        };
        self.finding(Code::NeverWritten, span, format!("{all} {is} never written")).label("declared here").help(help)
    }

    /// Reports what an output lacks at the end.
    fn missing(
        &self,
        output: &OutputSig,
        index: usize,
        variants: &[Variant],
        finals: &[State],
        required: &[Vec<Places>],
        findings: &mut Vec<Finding>,
    ) {
        let mut places: Vec<&String> = Vec::new();
        let mut known: FxHashSet<&String> = FxHashSet::default();
        for all in required.iter().filter_map(|way| way.get(index)) {
            for (place, _) in all.iter().filter(|(_, required)| *required) {
                if known.insert(place) {
                    places.push(place);
                }
            }
        }
        let mut never: Vec<String> = Vec::new();
        let mut needing: Vec<usize> = Vec::new();
        for place in places {
            let mut lacking: Vec<usize> = Vec::new();
            let mut perhaps: Option<Span> = None;
            let mut written: Option<Span> = None;
            for (way, state) in finals.iter().enumerate() {
                let needs = required
                    .get(way)
                    .and_then(|outputs| outputs.get(index))
                    .is_some_and(|all| all.iter().any(|(it, required)| *required && it == place));
                let found = state
                    .get(place.as_str())
                    .or_else(|| state.iter().find(|(other, _)| same_member(other, place)).map(|(_, it)| it));
                match found {
                    None if needs => lacking.push(way),
                    Some(it) if it.sure == Sure::Maybe => perhaps = Some(it.span),
                    Some(it) => written = Some(it.span),
                    None => {}
                }
            }
            let by = perhaps.or(written);
            match (lacking.is_empty(), by) {
                (false, None) => {
                    never.push(place.clone());
                    needing = lacking;
                }
                (true, _) if perhaps.is_none() => {}
                (_, Some(by)) => {
                    let mut finding = self
                        .finding(
                            Code::WrittenSometimes,
                            output.span,
                            format!("`{place}` is written on some paths only"),
                        )
                        .label("must be written on every path")
                        .related(self.at(by), "written here")
                        .help("write it on the other paths too, or make it optional with `?`");
                    if let Some(when) = when(self, variants, &lacking) {
                        finding = finding.note(format!("it is not written when {when}"));
                    }
                    findings.push(finding);
                }
                (true, None) => {}
            }
        }
        if !never.is_empty() {
            let value = !matches!(
                output.ty.present(),
                Ty::Artifact(..) | Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_) | Ty::Family(_)
            );
            let mut finding = self.never_written(output.span, &never, value);
            if never.len() == 1
                && let Some(when) = when(self, variants, &needing)
            {
                finding = finding.note(format!("it is there when {when}"));
            }
            findings.push(finding);
        }
    }
}

/// The values for which something is so: `os` is `linux` or `macos`.
fn when(infer: &Infer<'_>, variants: &[Variant], ways: &[usize]) -> Option<String> {
    let told: Vec<&Variant> = ways.iter().filter_map(|way| variants.get(*way)).collect();
    let first = told.first()?;
    let mut parts = Vec::new();
    for (name, value) in first.iter() {
        let mut values: Vec<String> = Vec::new();
        for variant in &told {
            if let Some((_, value)) = variant.iter().find(|(it, _)| it == name) {
                let shown = value.display(infer.db);
                if !values.contains(&shown) {
                    values.push(shown);
                }
            }
        }
        let all: BTreeSet<String> =
            variants.iter().flatten().filter(|(it, _)| it == name).map(|(_, value)| value.display(infer.db)).collect();
        if values.len() == all.len() {
            continue;
        }
        // With several parameters only one example is exact.
        let product = told.len() == values.len() || first.len() == 1;
        let shown = if product { values } else { vec![value.display(infer.db)] };
        let quoted: Vec<String> = shown.iter().map(|value| format!("`{value}`")).collect();
        parts.push(format!("`{name}` is {}", quoted.join(" or ")));
    }
    (!parts.is_empty()).then(|| parts.join(" and "))
}
