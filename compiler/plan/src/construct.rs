//! What a plan asks of a backend beyond what every backend does. A backend lists what it carries out;
//! [`refused`] finds the rest, so that nothing of a plan is left out without a word.

use std::fmt;

use crate::model::{
    Block, Event, FieldKind, Files, Job, OutputKind, Place, Plan, PublishFrom, Role, Run, ScriptPart, Step, Value,
    ValueType, When,
};

macro_rules! constructs {
    ($($name:ident = $text:literal;)*) => {
        /// Something that a plan can ask of a backend.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Construct {
            $(#[doc = concat!("It stands for ", $text, ".")] $name,)*
        }

        impl Construct {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// With its article, for a sentence.
            pub const fn noun(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

constructs! {
    MergeQueue = "the trigger `merge_queue`";
    Call = "the trigger `call`";
    Finished = "the trigger `finished`";
    NativeEvent = "an event of one backend";
    TriggerTypes = "`types` of a trigger";
    Timezone = "`timezone` of a schedule";
    OptionalSecret = "a secret that a run may lack";
    SecretSource = "a secret with a source of its own for this backend";
    RunName = "`run_name`";
    Concurrency = "`concurrency`";
    Extends = "`extends`";
    Reuse = "`reuse`";
    Raw = "`raw`";
    Stage = "a `stage`";
    Gate = "a `gate`";
    PipelineOutput = "an output of a pipeline";
    JobGuard = "a condition of a job";
    ForEach = "a loop over a list that is known later";
    LoopFiles = "reading the files that a loop over a list known later makes";
    OnFailureJob = "`on_failure` of a pipeline";
    FinallyJob = "`finally` of a pipeline";
    ForeignJob = "an `extern job`";
    RunnerChoice = "a runner that a value decides";
    Environment = "`environment`";
    Container = "`container`";
    Service = "a `service`";
    Cache = "a `cache`";
    Permissions = "`permissions`";
    ContinueOnError = "`continue_on_error`";
    JobAlways = "`always` of a job";
    CheckoutPlace = "a checkout of another place, commit or repository";
    AlwaysOutput = "an `always` output";
    FamilyOutput = "an output that is a family";
    OptionalFiles = "files that may be absent";
    Assertion = "`assert_exists`";
    Earlier = "an artifact of an earlier run";
    Part = "passing a part of an artifact";
    Either = "an artifact that one of two jobs makes";
    View = "a view of a directory";
    Pattern = "a pattern as the path of a field";
    Json = "`json(T)`";
    ExposeFound = "exposing what is no output";
    ExposeWhen = "`when` of an `expose`";
    ExposeGuard = "an `expose` under a condition";
    StepGuard = "a condition of a step";
    OnFailure = "`on_failure`";
    Finally = "`finally`";
    Retry = "`retry`";
    ForeignStep = "a step that somebody else has written";
    Export = "`export`";
    AddPath = "`add_path`";
    Summary = "`summary`";
    Checkout = "a `checkout` between steps";
    TakeFiles = "`files(…)`";
    PassFiles = "passing files on as an output";
    SecretValue = "a value that is made of a secret";
    Record = "a struct that is known later";
    Spread = "spreading a list that is known later";
    Compute = "an operator on a value that is not known while compiling";
    Item = "the element of a list that is known later";
    Changed = "`changed(…)`";
    Presence = "asking whether files are there";
    Succeeded = "asking whether a job has succeeded";
    Declassify = "`declassify(…)`";
    ContextPath = "a member of a platform's own context";
}

/// A construct and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What.
    pub construct: Construct,
    /// Where.
    pub place: Place,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not carried out by this backend yet", self.construct.noun())
    }
}

/// What the plan asks for beyond `lowered`, each construct at each of its places once.
pub fn refused(plan: &Plan, lowered: &[Construct]) -> Vec<Refused> {
    let looping = plan.jobs.iter().filter(|it| !it.each.is_empty()).map(|it| it.id.as_str()).collect();
    let mut all = Walk { lowered, looping, found: Vec::new() };
    all.pipeline(plan);
    plan.jobs.iter().for_each(|job| all.job(job));
    all.found
}

struct Walk<'a> {
    lowered: &'a [Construct],
    /// The jobs that run for each element of a list known later.
    looping: Vec<&'a str>,
    found: Vec<Refused>,
}

impl Walk<'_> {
    fn need(&mut self, there: bool, construct: Construct, place: &Place) {
        if !there || self.lowered.contains(&construct) {
            return;
        }
        let refused = Refused { construct, place: place.clone() };
        if !self.found.contains(&refused) {
            self.found.push(refused);
        }
    }

    fn pipeline(&mut self, plan: &Plan) {
        let top = Place { file: plan.source.clone(), line: 1, column: 1 };
        for trigger in &plan.triggers {
            let place = &trigger.place;
            self.need(trigger.event == Event::MergeQueue, Construct::MergeQueue, place);
            self.need(trigger.event == Event::Call, Construct::Call, place);
            self.need(trigger.event == Event::Finished, Construct::Finished, place);
            self.need(trigger.event == Event::Native, Construct::NativeEvent, place);
            self.need(!trigger.types.is_empty(), Construct::TriggerTypes, place);
            self.need(trigger.timezone.is_some(), Construct::Timezone, place);
        }
        for param in &plan.params {
            self.ty(&param.ty, &param.place);
        }
        for secret in &plan.secrets {
            self.need(secret.optional, Construct::OptionalSecret, &secret.place);
            self.need(secret.source.is_some(), Construct::SecretSource, &secret.place);
        }
        self.need(plan.run_name.is_some(), Construct::RunName, &top);
        if let Some(it) = &plan.concurrency {
            self.need(true, Construct::Concurrency, &it.place);
        }
        if let Some(it) = &plan.extends {
            self.need(true, Construct::Extends, &it.place);
        }
        if let Some(it) = &plan.reuse {
            self.need(true, Construct::Reuse, &it.place);
        }
        for raw in &plan.raw {
            self.need(true, Construct::Raw, &raw.place);
        }
        for stage in &plan.stages {
            self.need(true, Construct::Stage, &stage.place);
        }
        for gate in &plan.gates {
            self.need(true, Construct::Gate, &gate.place);
        }
        for output in &plan.outputs {
            self.need(true, Construct::PipelineOutput, &output.place);
        }
    }

    fn job(&mut self, job: &Job) {
        let at = &job.place;
        self.need(job.guard.is_some(), Construct::JobGuard, at);
        for each in &job.each {
            self.need(true, Construct::ForEach, &each.place);
        }
        self.need(job.role == Role::OnFailure, Construct::OnFailureJob, at);
        self.need(job.role == Role::Finally, Construct::FinallyJob, at);
        self.need(job.foreign.is_some(), Construct::ForeignJob, at);
        self.need(job.runner_choice.is_some(), Construct::RunnerChoice, at);
        self.need(job.environment.is_some(), Construct::Environment, at);
        self.need(job.container.is_some(), Construct::Container, at);
        for service in &job.services {
            self.need(true, Construct::Service, &service.place);
        }
        for cache in &job.caches {
            self.need(true, Construct::Cache, &cache.place);
        }
        if let Some(it) = &job.concurrency {
            self.need(true, Construct::Concurrency, &it.place);
        }
        let usual = |it: &crate::model::Permission| it.is_usual() && job.checkout.is_some();
        self.need(!job.permissions.iter().all(usual), Construct::Permissions, at);
        self.need(job.continue_on_error.is_some(), Construct::ContinueOnError, at);
        self.need(job.always, Construct::JobAlways, at);
        for raw in &job.raw {
            self.need(true, Construct::Raw, &raw.place);
        }
        let elsewhere = job
            .checkout
            .as_ref()
            .is_some_and(|it| it.path.is_some() || it.repo.is_some() || it.reference.is_some() || it.token.is_some());
        self.need(elsewhere, Construct::CheckoutPlace, at);
        for consume in &job.consumes {
            self.files(&consume.from, at);
            consume.from.outputs(&mut |from, _| {
                let loops = self.looping.contains(&from);
                self.need(loops, Construct::LoopFiles, at);
            });
            self.need(consume.optional, Construct::OptionalFiles, at);
            for field in &consume.schema.fields {
                self.need(field.matches.is_some(), Construct::Pattern, at);
                self.need(field.kind == FieldKind::Json, Construct::Json, at);
            }
            for assertion in &consume.asserts {
                self.need(true, Construct::Assertion, &assertion.place);
            }
        }
        for output in &job.outputs {
            let place = &output.place;
            self.need(output.always, Construct::AlwaysOutput, place);
            self.need(output.member.is_some(), Construct::FamilyOutput, place);
            for assertion in &output.asserts {
                self.need(true, Construct::Assertion, &assertion.place);
            }
            match &output.kind {
                OutputKind::Value { ty, .. } => self.ty(ty, place),
                OutputKind::Artifact(schema) => {
                    for field in &schema.fields {
                        self.need(field.matches.is_some(), Construct::Pattern, place);
                        self.need(field.kind == FieldKind::Json, Construct::Json, place);
                    }
                }
            }
        }
        for expose in &job.exposes {
            self.need(expose.found.is_some(), Construct::ExposeFound, &expose.place);
            self.need(expose.when != When::Always, Construct::ExposeWhen, &expose.place);
            self.need(expose.guard.is_some(), Construct::ExposeGuard, &expose.place);
        }
        for step in &job.steps {
            self.step(step);
        }
        job.values(&mut |value| self.value(value, at));
    }

    fn files(&mut self, files: &Files, place: &Place) {
        match files {
            Files::Output { .. } => {}
            Files::Earlier { .. } => self.need(true, Construct::Earlier, place),
            Files::Part { of, .. } => {
                self.need(true, Construct::Part, place);
                self.files(of, place);
            }
            Files::Either { then, otherwise, .. } => {
                self.need(true, Construct::Either, place);
                then.iter().chain(otherwise).for_each(|files| self.files(files, place));
            }
            Files::Subtree { of, .. } | Files::Filter { of, .. } => {
                self.need(true, Construct::View, place);
                self.files(of, place);
            }
            Files::Merge { of, .. } => {
                self.need(true, Construct::View, place);
                of.iter().for_each(|files| self.files(files, place));
            }
        }
    }

    fn step(&mut self, step: &Step) {
        let at = &step.place;
        self.need(step.guard.is_some(), Construct::StepGuard, at);
        self.need(step.block == Block::OnFailure, Construct::OnFailure, at);
        self.need(step.block == Block::Finally, Construct::Finally, at);
        self.need(step.retry.is_some(), Construct::Retry, at);
        self.need(step.continue_on_error.is_some(), Construct::ContinueOnError, at);
        for raw in &step.raw {
            self.need(true, Construct::Raw, &raw.place);
        }
        for publish in &step.publishes {
            self.need(publish.secret, Construct::SecretValue, at);
            self.need(matches!(publish.from, PublishFrom::Foreign(_)), Construct::ForeignStep, at);
            self.ty(&publish.ty, at);
        }
        match &step.run {
            Run::Script(script) => {
                let spreads = script.parts.iter().any(|part| matches!(part, ScriptPart::Spread { .. }));
                self.need(spreads, Construct::Spread, at);
            }
            Run::Take { pattern, .. } => self.need(*pattern, Construct::TakeFiles, at),
            Run::Pass { .. } => self.need(true, Construct::PassFiles, at),
            Run::Foreign(_) => self.need(true, Construct::ForeignStep, at),
            Run::Export { .. } => self.need(true, Construct::Export, at),
            Run::AddPath(_) => self.need(true, Construct::AddPath, at),
            Run::Summary(_) | Run::SummaryFile(_) => self.need(true, Construct::Summary, at),
            Run::Checkout(_) => self.need(true, Construct::Checkout, at),
            Run::Compute(_) => {}
        }
        step.values(&mut |value| self.value(value, at));
    }

    fn value(&mut self, value: &Value, place: &Place) {
        // What a step mentions is reported at the step, not at its job again.
        let known = |found: &[Refused], construct| found.iter().any(|it| it.construct == construct);
        let construct = match value {
            Value::Compute(_) => Construct::Compute,
            Value::Item { .. } => Construct::Item,
            Value::Changed(_) => Construct::Changed,
            Value::Json { .. } => Construct::Json,
            Value::Present(_) | Value::Exists(_) => Construct::Presence,
            Value::Succeeded(_) => Construct::Succeeded,
            Value::Declassified { .. } => Construct::Declassify,
            Value::Ctx(name) if name.starts_with("github.") || name.starts_with("ado.") => Construct::ContextPath,
            _ => return,
        };
        if !known(&self.found, construct) {
            self.need(true, construct, place);
        }
    }

    fn ty(&mut self, ty: &ValueType, place: &Place) {
        match ty {
            ValueType::Record { .. } => self.need(true, Construct::Record, place),
            ValueType::List(inner) | ValueType::Optional(inner) => self.ty(inner, place),
            _ => {}
        }
    }
}
