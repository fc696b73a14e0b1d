//! A plan as text: what the pipeline does, a job a paragraph. What is as always, is left out.

use std::fmt::{self, Write as _};

use crate::model::{
    Block, Checkout, Concurrency, Const, Consume, Container, EdgeKind, Expose, Field, Files, Found, Job, Matches,
    Output, OutputKind, PipelineOutputKind, Plan, Raw, RawKeys, Role, Run, Runner, ScriptPart, SettingValue, Step,
    Trigger, Value, When,
};
use crate::show;

/// The timeout of a job that says none.
const USUAL_TIMEOUT: u64 = 3600;

/// What the pipeline will do, a job a paragraph.
pub fn text(plan: &Plan) -> String {
    let mut out = Lines(String::new());
    let jobs = plan.jobs.len();
    let _ = writeln!(
        out.0,
        "pipeline {} on {}: {jobs} job{}",
        plan.pipeline,
        plan.backend.name(),
        if jobs == 1 { "" } else { "s" }
    );
    out.pipeline(plan);
    for job in &plan.jobs {
        out.job(job);
    }
    for gate in &plan.gates {
        let _ = writeln!(out.0, "\ngate \"{}\"", gate.title);
        out.line("covers", gate.covers.join(" "));
    }
    out.0
}

struct Lines(String);

impl Lines {
    fn line(&mut self, word: &str, text: impl fmt::Display) {
        let _ = writeln!(self.0, "  {word:8} {text}");
    }

    fn pipeline(&mut self, plan: &Plan) {
        for trigger in plan.triggers.iter().filter(|it| is_special(it)) {
            self.line("on", triggered(trigger));
        }
        for param in &plan.params {
            let default = param
                .default
                .as_ref()
                .map_or_else(|| "required".to_owned(), |value| format!("default {}", value.text()));
            // One space, as it has been since the first version of this text.
            let _ = writeln!(self.0, "  param {} ({default})", param.name);
        }
        for secret in plan.secrets.iter().filter(|it| it.optional || it.source.is_some()) {
            let optional = if secret.optional { " (may be missing)" } else { "" };
            let source = secret.source.as_ref().map(|it| format!(" from {}", setting(it))).unwrap_or_default();
            self.line("secret", format_args!("{}{source}{optional}", secret.name));
        }
        if let Some(name) = &plan.run_name {
            self.line("named", show::value(name));
        }
        if let Some(it) = &plan.concurrency {
            self.line("group", alone(it));
        }
        if let Some(it) = &plan.extends {
            self.line("extends", settings(&it.settings));
        }
        self.raw(&plan.raw);
        for output in &plan.outputs {
            let value = match &output.kind {
                PipelineOutputKind::Value { value, .. } => show::value(value),
                PipelineOutputKind::Files(files) => show::files(files),
            };
            self.line("output", format_args!("{} = {value}", output.name));
        }
    }

    fn job(&mut self, job: &Job) {
        let runner = if job.foreign.is_some() { String::new() } else { format!("  [{}]", runner(&job.runner)) };
        let _ = writeln!(self.0, "\n{}{runner}", job.title);
        self.line("id", &job.id);
        if let Some(stage) = &job.stage {
            self.line("stage", stage);
        }
        self.placed(job);
        self.settings(job);
        for edge in &job.needs {
            let why = match &edge.kind {
                EdgeKind::Artifact(output) => format!("files of {output}"),
                EdgeKind::Value(output) => format!("value of {output}"),
                EdgeKind::Outcome => "how it ended".to_owned(),
                EdgeKind::Order => "order".to_owned(),
            };
            self.line("needs", format_args!("{} ({why})", edge.job));
        }
        for consume in &job.consumes {
            self.consumes(consume);
        }
        if let Some(it) = &job.foreign {
            self.line("calls", &it.reference);
            for (name, value) in &it.inputs {
                self.line("gives", format_args!("{name} = {}", show::value(value)));
            }
            for (name, value) in &it.secrets {
                self.line("gives", format_args!("{name} = {}", show::value(value)));
            }
        }
        for step in &job.steps {
            self.step(step);
        }
        for output in &job.outputs {
            self.makes(job, output);
        }
        for it in &job.exposes {
            self.line("exposes", exposed(it));
        }
    }

    /// When it runs, and where.
    fn placed(&mut self, job: &Job) {
        match job.role {
            Role::Normal => {}
            Role::OnFailure => self.line("when", "a job before it failed"),
            Role::Finally => self.line("when", "always, last"),
        }
        if let Some(guard) = &job.guard {
            self.line("if", show::value(&guard.condition));
        }
        for each in &job.each {
            let filter = each.filter.as_ref().map(|it| format!(" if {}", show::value(it))).unwrap_or_default();
            self.line("for", format_args!("{} in {}{filter}", each.name, show::value(&each.list)));
        }
        if let Some(choice) = &job.runner_choice {
            for (values, it) in &choice.arms {
                self.line(
                    "runner",
                    format_args!("{} where {} is {}", runner(it), show::value(&choice.value), values.join(", ")),
                );
            }
        }
    }

    fn settings(&mut self, job: &Job) {
        if let Some(it) = &job.environment {
            let url = it.url.as_ref().map(|it| format!(" at {}", show::value(it))).unwrap_or_default();
            self.line("deploys", format_args!("{}{url}", show::value(&it.name)));
        }
        if let Some(it) = &job.container {
            self.line("inside", container(it));
        }
        for it in &job.services {
            self.line("service", format_args!("{}: {}", it.name, container(&it.container)));
        }
        for it in &job.caches {
            let values = |values: &[Value]| values.iter().map(show::value).collect::<Vec<_>>().join(", ");
            let fallback = if it.fallback { ", or one that begins alike" } else { "" };
            self.line("cache", format_args!("{}: {} by {}{fallback}", it.name, values(&it.paths), values(&it.key)));
        }
        if let Some(it) = &job.concurrency {
            self.line("group", alone(it));
        }
        for it in job.permissions.iter().filter(|it| !it.is_usual() || job.checkout.is_none()) {
            self.line("may", format_args!("{}: {} ({})", it.scope, it.access, it.why.join(", ")));
        }
        if let Some(it) = &job.continue_on_error {
            self.line("may fail", tolerated(it));
        }
        if job.advisory {
            self.line("gates", "do not cover it");
        }
        if job.always {
            self.line("reuse", "never");
        }
        self.raw(&job.raw);
        match &job.checkout {
            None if job.foreign.is_none() => self.line("sources", "none"),
            Some(it) if *it != Checkout::default() => self.line("sources", checkout(it)),
            _ => {}
        }
        if let Some(inputs) = &job.inputs {
            self.line("inputs", inputs.join(" "));
        }
        if job.timeout_seconds != USUAL_TIMEOUT && job.foreign.is_none() {
            self.line("timeout", format_args!("{}s", job.timeout_seconds));
        }
        for (name, value) in &job.env {
            self.line("env", format_args!("{name} = {}", show::value(value)));
        }
    }

    fn raw(&mut self, raw: &[Raw]) {
        for it in raw {
            self.line("raw", self::raw(it, 11));
        }
    }

    /// What is consumed, where the edge does not say all of it.
    fn consumes(&mut self, consume: &Consume) {
        if !matches!(consume.from, Files::Output { .. }) || consume.optional {
            let optional = if consume.optional { " (may be absent)" } else { "" };
            self.line("sees", format_args!("in/{} = {}{optional}", consume.id, show::files(&consume.from)));
        }
        for it in &consume.asserts {
            let dir = if it.field.is_empty() { String::new() } else { format!(" in {}", it.field) };
            self.line("asserts", format_args!("in/{}: {}{dir}", consume.id, it.path));
        }
    }

    fn step(&mut self, step: &Step) {
        let kind = match &step.run {
            Run::Take { .. } => " (files)",
            _ => "",
        };
        let block = match step.block {
            Block::Main => "",
            Block::OnFailure => " (on failure)",
            Block::Finally => " (finally)",
        };
        let guard = step.guard.as_ref().map(|it| format!("  if {}", show::value(&it.condition))).unwrap_or_default();
        self.line("step", format_args!("{}{kind}{block}{guard}", step.title));
        let mut say = |word: &str, text: String| self.line("", format_args!("{word:8} {text}"));
        match &step.run {
            Run::Export { name, value } => say("sets", format!("{name} = {}", show::value(value))),
            Run::AddPath(value) | Run::Summary(value) => say("gives", show::value(value)),
            Run::SummaryFile(location) => say("gives", crate::script::path(location)),
            Run::Checkout(it) => say("fetches", checkout(it)),
            Run::Pass { from, to, .. } => {
                say("copies", format!("{} to {}", crate::script::path(from), crate::script::path(to)));
            }
            Run::Foreign(it) => {
                for (name, value) in &it.inputs {
                    say("gives", format!("{name} = {}", show::value(value)));
                }
            }
            Run::Script(script) => {
                for part in &script.parts {
                    // What is read, where that is more than a name.
                    if let ScriptPart::Read { variable, value, .. } | ScriptPart::Spread { variable, value } = part
                        && !matches!(value, Value::Const(_))
                    {
                        say("reads", format!("{variable} = {}", show::value(value)));
                    }
                }
            }
            Run::Compute(all) => {
                for (name, value) in all {
                    say("computes", format!("{name} = {}", show::value(value)));
                }
            }
            Run::Take { from, to, .. } => say("copies", format!("{from} to {}", crate::script::path(to))),
        }
        for (name, value) in &step.env {
            say("env", format!("{name} = {}", show::value(value)));
        }
        for it in &step.raw {
            say("raw", raw(it, 20));
        }
        if let Some(it) = &step.workdir {
            say("folder", it.clone());
        }
        if let Some(it) = step.timeout_seconds {
            say("timeout", format!("{it}s"));
        }
        if let Some(it) = &step.retry {
            say("tries", format!("{}, {}s apart", it.times, it.delay_seconds));
        }
        if let Some(it) = &step.continue_on_error {
            say("may fail", tolerated(it));
        }
        for it in step.publishes.iter().filter(|it| it.secret) {
            say("makes", format!("{} (secret)", it.name));
        }
    }

    fn makes(&mut self, job: &Job, output: &Output) {
        let always = if output.always { ", however it ends" } else { "" };
        match &output.kind {
            OutputKind::Value { value, .. } => {
                // What one step publishes is plain; what is put together is worth a look.
                let made = match value {
                    Value::Step { .. } => String::new(),
                    Value::Output { job: own, .. } if *own == job.id => String::new(),
                    value => format!(" = {}", show::value(value)),
                };
                self.line("makes", format_args!("{} (value{always}){made}", output.name));
            }
            OutputKind::Artifact(schema) => {
                let fields: Vec<String> = schema.fields.iter().map(field).collect();
                self.line("makes", format_args!("{}: {} ({}){always}", output.name, schema.name, fields.join(", ")));
            }
        }
        if let Some((family, key)) = &output.member {
            self.line("", format_args!("{:8} {family}[{}]", "is", key.text()));
        }
        for it in &output.asserts {
            let dir = if it.field.is_empty() { String::new() } else { format!(" in {}", it.field) };
            self.line("", format_args!("{:8} {}{dir}", "holds", it.path));
        }
    }
}

fn field(field: &Field) -> String {
    let count = match field.matches {
        None => "",
        Some(Matches::One) => " once",
        Some(Matches::Some) => " once or more",
        Some(Matches::Any) => " any number",
    };
    let optional = if field.optional && field.matches != Some(Matches::Any) { "?" } else { "" };
    format!("{}{count}{optional}", field.path)
}

fn tolerated(value: &Value) -> String {
    if *value == Value::Const(Const::Bool(true)) { "yes".to_owned() } else { format!("if {}", show::value(value)) }
}

fn alone(it: &Concurrency) -> String {
    let cancel = match &it.cancel {
        Value::Const(Const::Bool(true)) => ", ends the one before".to_owned(),
        Value::Const(Const::Bool(false)) => String::new(),
        value => format!(", ends the one before if {}", show::value(value)),
    };
    format!("{}{cancel}", show::value(&it.group))
}

fn container(it: &Container) -> String {
    let more = if it.settings.is_empty() { String::new() } else { format!(" {{ {} }}", settings(&it.settings)) };
    format!("{}{more}", show::value(&it.image))
}

fn settings(entries: &[(String, SettingValue)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(name, value)| format!("{name} = {}", setting(value))).collect();
    entries.join(", ")
}

fn setting(value: &SettingValue) -> String {
    match value {
        SettingValue::Value(value) => show::value(value),
        SettingValue::Map(entries) => format!("{{ {} }}", settings(entries)),
    }
}

fn checkout(it: &Checkout) -> String {
    let mut out = match it.depth {
        0 => vec!["all commits".to_owned()],
        1 => vec!["1 commit".to_owned()],
        depth => vec![format!("{depth} commits")],
    };
    for (is, word) in [(it.tags, "tags"), (it.submodules, "submodules"), (it.lfs, "large files")] {
        if is {
            out.push(word.to_owned());
        }
    }
    out.extend(it.repo.as_ref().map(|it| format!("of {}", show::value(it))));
    out.extend(it.reference.as_ref().map(|it| format!("at {}", show::value(it))));
    out.extend(it.path.as_ref().map(|it| format!("into {it}")));
    out.extend(it.token.as_ref().map(|it| format!("by {}", show::value(it))));
    out.join(", ")
}

fn runner(runner: &Runner) -> String {
    let labels = runner.github.iter().map(|labels| format!(", github: {}", labels.join(" ")));
    let pool = runner.ado.iter().map(|pool| {
        let demands: String = pool.demands.iter().map(|it| format!(" {it}")).collect();
        format!(", ado: {}{demands}", pool.name)
    });
    format!("{}{}", runner.os.name(), labels.chain(pool).collect::<String>())
}

fn exposed(it: &Expose) -> String {
    let mut out = format!("\"{}\"", it.name);
    if let Some(found) = &it.found {
        out.push_str(" from ");
        out.push_str(&match found {
            Found::File(path) | Found::Files(path) | Found::Dir(path) => path.clone(),
            Found::Placed(location) => crate::script::path(location),
        });
    }
    if let Some(field) = &it.field {
        let _ = write!(out, " ({}.{field})", it.output);
    }
    match it.when {
        When::Always => {}
        When::Succeeded => out.push_str(" when it succeeded"),
        When::Failed => out.push_str(" when it failed"),
    }
    if let Some(guard) = &it.guard {
        let _ = write!(out, " if {}", show::value(&guard.condition));
    }
    if let Some(days) = it.retention_days {
        let _ = write!(out, " for {days} days");
    }
    out
}

/// Whether a trigger says more than that an event starts the pipeline.
fn is_special(trigger: &Trigger) -> bool {
    let plain = Trigger { place: trigger.place.clone(), ..Trigger::on(trigger.event) };
    *trigger != plain
}

/// Keys of the backend; further lines stand below the first, which has so much before it.
fn raw(it: &Raw, indent: usize) -> String {
    match &it.keys {
        RawKeys::Map(keys) => settings(keys),
        RawKeys::Yaml(text) => text.trim_end().replace('\n', &format!("\n{}", " ".repeat(indent))),
    }
}

fn triggered(it: &Trigger) -> String {
    let mut out = serde_json::to_value(it.event).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
    if let Some((name, settings)) = &it.native {
        out = if settings.is_empty() { name.clone() } else { format!("{name} {{ {} }}", self::settings(settings)) };
    }
    for (word, list) in [("branches", &it.branches), ("tags", &it.tags), ("paths", &it.paths), ("types", &it.types)] {
        if !list.is_empty() {
            let _ = write!(out, ", {word} {}", list.join(" "));
        }
    }
    if !it.drafts {
        out.push_str(", no drafts");
    }
    for (word, text) in [("", &it.finished), ("at", &it.cron), ("in", &it.timezone)] {
        if let Some(text) = text {
            let _ = write!(out, " {word}{}{text}", if word.is_empty() { "" } else { " " });
        }
    }
    match it.when {
        Some(When::Succeeded) => out.push_str(" succeeded"),
        Some(When::Failed) => out.push_str(" failed"),
        _ => {}
    }
    out
}
