//! All values of a job, to be changed.

use flow_plan::model::{Container, Job, OutputKind, Raw, RawKeys, Run, ScriptPart, SettingValue, Step, Value};

/// Calls `visit` for each value that a job and its steps mention, as a whole.
pub(crate) fn job(job: &mut Job, visit: &mut dyn FnMut(&mut Value)) {
    if let Some(guard) = &mut job.guard {
        visit(&mut guard.condition);
    }
    for each in &mut job.each {
        visit(&mut each.list);
        each.filter.iter_mut().for_each(&mut *visit);
    }
    if let Some(foreign) = &mut job.foreign {
        foreign.inputs.iter_mut().chain(&mut foreign.secrets).for_each(|(_, value)| visit(value));
    }
    job.runner_choice.iter_mut().for_each(|it| visit(&mut it.value));
    if let Some(checkout) = &mut job.checkout {
        checkout.repo.iter_mut().chain(&mut checkout.reference).for_each(&mut *visit);
    }
    if let Some(environment) = &mut job.environment {
        visit(&mut environment.name);
        environment.url.iter_mut().for_each(&mut *visit);
    }
    let services = job.services.iter_mut().map(|service| &mut service.container);
    job.container.iter_mut().chain(services).for_each(|it| container(it, visit));
    for cache in &mut job.caches {
        cache.paths.iter_mut().chain(&mut cache.key).for_each(&mut *visit);
    }
    if let Some(concurrency) = &mut job.concurrency {
        visit(&mut concurrency.group);
        visit(&mut concurrency.cancel);
    }
    job.continue_on_error.iter_mut().for_each(&mut *visit);
    raw(&mut job.raw, visit);
    job.env.iter_mut().for_each(|(_, value)| visit(value));
    job.steps.iter_mut().for_each(|it| step(it, visit));
    for expose in &mut job.exposes {
        expose.guard.iter_mut().for_each(|guard| visit(&mut guard.condition));
    }
    for output in &mut job.outputs {
        if let OutputKind::Value { value, .. } = &mut output.kind {
            visit(value);
        }
    }
}

fn step(step: &mut Step, visit: &mut dyn FnMut(&mut Value)) {
    step.guard.iter_mut().for_each(|guard| visit(&mut guard.condition));
    step.continue_on_error.iter_mut().for_each(&mut *visit);
    step.env.iter_mut().for_each(|(_, value)| visit(value));
    raw(&mut step.raw, visit);
    match &mut step.run {
        Run::Script(script) => {
            for part in &mut script.parts {
                if let ScriptPart::Read { value, .. } | ScriptPart::Spread { value, .. } = part {
                    visit(value);
                }
            }
        }
        Run::Foreign(it) => it.inputs.iter_mut().for_each(|(_, value)| visit(value)),
        Run::Export { value, .. } | Run::AddPath(value) | Run::Summary(value) => visit(value),
        Run::Compute(all) => all.iter_mut().for_each(|(_, value)| visit(value)),
        Run::Checkout(it) => it.repo.iter_mut().chain(&mut it.reference).for_each(&mut *visit),
        Run::Take { .. } | Run::Pass { .. } | Run::SummaryFile(_) => {}
    }
}

fn container(it: &mut Container, visit: &mut dyn FnMut(&mut Value)) {
    visit(&mut it.image);
    it.settings.iter_mut().for_each(|(_, value)| setting(value, visit));
}

fn setting(it: &mut SettingValue, visit: &mut dyn FnMut(&mut Value)) {
    match it {
        SettingValue::Value(value) => visit(value),
        SettingValue::Map(entries) => entries.iter_mut().for_each(|(_, value)| setting(value, visit)),
    }
}

fn raw(all: &mut [Raw], visit: &mut dyn FnMut(&mut Value)) {
    for raw in all {
        if let RawKeys::Map(entries) = &mut raw.keys {
            entries.iter_mut().for_each(|(_, value)| setting(value, visit));
        }
    }
}
