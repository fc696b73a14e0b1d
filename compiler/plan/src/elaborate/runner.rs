//! Where a job runs.

use flow_analysis::eval::Eval;
use flow_analysis::infer::signature;
use flow_analysis::value::ConstValue;
use flow_syntax::tree::{ArmValue, Expr, ExprKind, PatternKind, Source};
use smol_str::SmolStr;

use super::scope::{Result, Scope};
use super::steps::NoCalls;
use crate::model::{AdoPool, Arch, Backend, Job, Os, Runner, RunnerChoice};

/// Says where the job runs, and what its body knows of that.
pub(super) fn runner(scope: &mut Scope<'_>, job: &mut Job, e: &Expr) -> Result<()> {
    let evaluate = |scope: &Scope<'_>, e: &Expr| {
        Eval::new(scope.db, scope.def, &signature(scope.db, scope.def).checked.names).expr(e, &scope.const_env())
    };
    let failure = match evaluate(scope, e) {
        Ok(value) => {
            job.runner = of(scope, &value);
            know(scope, &job.runner.clone());
            return Ok(());
        }
        Err(failure) => failure,
    };
    if let Some(finding) = failure.finding(scope.db) {
        return Err(vec![finding]);
    }
    let ExprKind::Match(it) = &e.kind else { return scope.not_built(e.span, "this as a runner") };
    let value = scope.operand(&it.value, &mut NoCalls)?.value;
    let mut arms: Vec<(Vec<String>, Runner)> = Vec::new();
    let all: Vec<String> = match scope.ty(it.value.span).map(|ty| scope.instance_type(ty)) {
        Some(flow_analysis::ty::Ty::Enum(def)) => {
            flow_analysis::scope::variants(scope.db, def).iter().map(ToString::to_string).collect()
        }
        _ => Vec::new(),
    };
    for arm in &it.arms {
        let ArmValue::Source(Source::Expr(result)) = &arm.value else {
            return scope.not_built(arm.span, "this as a runner");
        };
        let runner = match evaluate(scope, result) {
            Ok(value) => of(scope, &value),
            Err(failure) => return Err(failure.finding(scope.db).into_iter().collect()),
        };
        let mut taken = Vec::new();
        for pattern in &arm.patterns {
            match &pattern.kind {
                PatternKind::Path(path) => taken.extend(path.segments.last().map(|name| name.text.to_string())),
                PatternKind::Bool(it) => taken.push(it.to_string()),
                PatternKind::Int(it) => taken.push(it.to_string()),
                PatternKind::Text(it) => taken.push(it.to_string()),
                PatternKind::Any => {
                    let listed = |it: &&String| arms.iter().any(|(values, _)| values.contains(it));
                    taken.extend(all.iter().filter(|it| !listed(it)).cloned());
                }
                PatternKind::None | PatternKind::Hole => {}
            }
        }
        arms.push((taken, runner));
    }
    let Some((_, first)) = arms.first() else { return Err(Vec::new()) };
    job.runner = first.clone();
    // What all of them are is known.
    if arms.iter().all(|(_, runner)| runner.os == first.os && runner.arch == first.arch) {
        know(scope, &first.clone());
    }
    job.runner_choice = Some(RunnerChoice { value, arms });
    Ok(())
}

fn know(scope: &mut Scope<'_>, runner: &Runner) {
    let arch = match runner.arch {
        Arch::X64 => "x64",
        Arch::Arm64 => "arm64",
    };
    for (member, of, name) in [("ctx.os", "Os", runner.os.name()), ("ctx.arch", "Arch", arch)] {
        if let Some(def) = flow_analysis::scope::prelude(scope.db, of) {
            scope.know(member, ConstValue::Variant { def, name: SmolStr::new_static(name) });
        }
    }
}

fn of(scope: &Scope<'_>, value: &ConstValue) -> Runner {
    let os = |value: &ConstValue| match value.text().as_deref() {
        Some("windows") => Os::Windows,
        Some("macos") => Os::Macos,
        _ => Os::Linux,
    };
    let ConstValue::Record { fields, .. } = value else {
        let os = os(value);
        return Runner { os, arch: hosted(scope, os), github: None, ado: None };
    };
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let arch = match field("arch").and_then(ConstValue::text).as_deref() {
        Some("arm64") => Arch::Arm64,
        _ => Arch::X64,
    };
    let ado = match field("ado") {
        Some(ConstValue::Record { fields, .. }) => {
            let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
            Some(AdoPool {
                name: field("name").and_then(ConstValue::text).unwrap_or_default(),
                demands: texts(field("demands")),
            })
        }
        _ => None,
    };
    let labels = texts(field("github"));
    let github = (!labels.is_empty()).then_some(labels);
    Runner { os: field("os").map_or(Os::Linux, os), arch, github, ado }
}

/// The processor of the default hosted runner: GitHub's Macs have ARM, Azure's do not.
fn hosted(scope: &Scope<'_>, os: Os) -> Arch {
    match os {
        Os::Macos if !scope.is_for(Backend::Ado) => Arch::Arm64,
        Os::Macos | Os::Linux | Os::Windows => Arch::X64,
    }
}

fn texts(value: Option<&ConstValue>) -> Vec<String> {
    match value {
        Some(ConstValue::List(items)) => items.iter().filter_map(ConstValue::text).collect(),
        _ => Vec::new(),
    }
}
