//! All values that a part of a plan mentions.

use super::{Container, Job, OutputKind, Raw, RawKeys, Run, ScriptPart, Step, Value};

impl Step {
    /// Calls `visit` for each value that the step mentions, and each that it is made of.
    pub fn values<'a>(&'a self, visit: &mut dyn FnMut(&'a Value)) {
        if let Some(guard) = &self.guard {
            guard.condition.each(visit);
        }
        if let Some(value) = &self.continue_on_error {
            value.each(visit);
        }
        self.env.iter().for_each(|(_, value)| value.each(visit));
        raw(&self.raw, visit);
        match &self.run {
            Run::Script(script) => {
                for part in &script.parts {
                    match part {
                        ScriptPart::Read { value, .. } | ScriptPart::Spread { value, .. } => value.each(visit),
                        ScriptPart::Text(_) | ScriptPart::Path { .. } => {}
                    }
                }
            }
            Run::Foreign(it) => it.inputs.iter().for_each(|(_, value)| value.each(visit)),
            Run::Export { value, .. } | Run::AddPath(value) | Run::Summary(value) => value.each(visit),
            Run::Compute(all) => all.iter().for_each(|(_, value)| value.each(visit)),
            Run::Checkout(it) => {
                it.repo.iter().chain(&it.reference).chain(it.token.as_deref()).for_each(|value| value.each(visit))
            }
            Run::Take { .. } | Run::Pass { .. } | Run::SummaryFile(_) => {}
        }
    }
}

impl Job {
    /// Calls `visit` for each value that the job and its steps mention, and each that it is made of.
    pub fn values<'a>(&'a self, visit: &mut dyn FnMut(&'a Value)) {
        self.values_inside(visit);
        for output in &self.outputs {
            if let OutputKind::Value { value, .. } = &output.kind {
                value.each(visit);
            }
        }
    }

    /// The same without the values that it hands on.
    pub fn values_inside<'a>(&'a self, visit: &mut dyn FnMut(&'a Value)) {
        if let Some(guard) = &self.guard {
            guard.condition.each(visit);
        }
        for each in &self.each {
            each.list.each(visit);
            each.filter.iter().for_each(|value| value.each(visit));
        }
        if let Some(foreign) = &self.foreign {
            foreign.inputs.iter().chain(&foreign.secrets).for_each(|(_, value)| value.each(visit));
        }
        if let Some(choice) = &self.runner_choice {
            choice.value.each(visit);
        }
        if let Some(checkout) = &self.checkout {
            checkout
                .repo
                .iter()
                .chain(&checkout.reference)
                .chain(checkout.token.as_deref())
                .for_each(|value| value.each(visit));
        }
        if let Some(environment) = &self.environment {
            environment.name.each(visit);
            environment.url.iter().for_each(|value| value.each(visit));
        }
        let services = self.services.iter().map(|service| &service.container);
        self.container.iter().chain(services).for_each(|container| container.values(visit));
        for cache in &self.caches {
            cache.paths.iter().chain(&cache.key).for_each(|value| value.each(visit));
        }
        if let Some(concurrency) = &self.concurrency {
            concurrency.group.each(visit);
            concurrency.cancel.each(visit);
        }
        self.continue_on_error.iter().for_each(|value| value.each(visit));
        raw(&self.raw, visit);
        self.env.iter().for_each(|(_, value)| value.each(visit));
        self.consumes.iter().for_each(|consume| consume.from.values(visit));
        self.steps.iter().for_each(|step| step.values(visit));
        self.exposes.iter().filter_map(|expose| expose.guard.as_ref()).for_each(|guard| guard.condition.each(visit));
    }
}

fn raw<'a>(all: &'a [Raw], visit: &mut dyn FnMut(&'a Value)) {
    for raw in all {
        if let RawKeys::Map(entries) = &raw.keys {
            entries.iter().for_each(|(_, value)| value.values(visit));
        }
    }
}

impl Container {
    /// Calls `visit` for each value that it mentions, and each that it is made of.
    pub fn values<'a>(&'a self, visit: &mut dyn FnMut(&'a Value)) {
        self.image.each(visit);
        self.settings.iter().for_each(|(_, value)| value.values(visit));
    }
}
