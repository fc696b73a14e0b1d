//! One job instance: its signature with const values put in, what it consumes and makes.

use std::sync::Arc;

use flow_analysis::eval::Eval;
use flow_analysis::infer::signature;
use flow_analysis::schema::Concrete;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_analysis::{Def, Finding, Place};
use flow_syntax::Code;
use flow_syntax::tree;
use smol_str::SmolStr;

use super::consume::{ASSERTED, Trace, consume};
use super::name::{part, unique};
use super::runner::runner;
use super::scope::{Argument, Result, Scope};
use super::settings::{environment, merge, permissions, settings};
use super::steps::Steps;
use super::value::{Base, Files, Val, is_files, leaves, schema, value_type};
use crate::model::{
    Backend, Checkout, Const, Consume, Edge, Job, Output, OutputKind, Publish, PublishFrom, Run, Value, ValueType,
};

/// The timeout of a job that does not say one.
pub(super) const DEFAULT_TIMEOUT_SECONDS: u64 = 3600;

/// What the caller decides of an instance.
pub(super) struct Frame {
    pub id: String,
    pub title: String,
    pub needs: Vec<Edge>,
    /// The pipeline's variables.
    pub env: Vec<(String, Value)>,
    pub place: crate::model::Place,
    pub backend: Backend,
}

/// What an instance makes.
pub(super) struct Built {
    pub outputs: Vec<Declared>,
}

/// An output of an instance.
pub(super) struct Declared {
    pub name: SmolStr,
    pub ty: Ty,
    pub kind: Made,
    pub always: bool,
}

/// What an output of an instance is.
pub(super) enum Made {
    Value,
    Files(Arc<[Concrete]>),
    /// A member for each key, by the name of its own output.
    Family(Vec<(ConstValue, Declared)>),
}

/// Builds an instance of the job `def`; with it what is exposed, for messages.
#[expect(clippy::type_complexity, reason = "one caller")]
pub(super) fn build<'db>(
    caller: &Scope<'db>,
    def: Def,
    tree: &tree::Job,
    docs: Option<String>,
    arguments: Vec<Argument>,
    frame: Frame,
    trace: Trace<'_>,
) -> Result<(Job, Built, Vec<(String, Place)>)> {
    let mut scope = caller.enter(def);
    let mut consumes = Vec::new();
    let mut args = Vec::new();
    for argument in arguments {
        let val = consume(&mut consumes, scope.db, argument.name.as_str(), argument.val, trace);
        if let Val::Const(value) = &val {
            args.push((argument.name.to_string(), super::value::constant(value)));
        }
        scope.bind(&argument.name, val);
    }
    let backend = frame.backend;
    let mut job = Job {
        id: frame.id,
        name: tree.name.text.to_string(),
        title: frame.title,
        docs,
        args,
        checkout: Some(Checkout::default()),
        timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
        consumes,
        needs: frame.needs,
        place: frame.place,
        ..Job::default()
    };
    match &tree.runner {
        Some(e) => runner(&mut scope, &mut job, e)?,
        None => return Err(Vec::new()),
    }
    let outputs = outputs(&mut scope, def, tree)?;
    let workdir = settings(&mut scope, &mut job, &tree.body, backend)?;
    job.permissions = permissions(&scope);
    merge(&mut job.env, &frame.env);
    let taken: Vec<String> = job.env.iter().map(|(name, _)| name.clone()).collect();
    let before = scope.clone();
    let mut steps = Steps::new(workdir, taken, job.consumes.clone(), job.checkout.clone());
    steps.job(&mut scope, &tree.body)?;
    while steps.is_stale() {
        scope = before.clone();
        steps = steps.again(job.consumes.clone(), job.checkout.clone());
        steps.job(&mut scope, &tree.body)?;
    }
    job.environment = environment(&mut scope, &tree.body)?;
    let exposed = finish(&mut scope, &mut job, tree, &outputs, steps)?;
    Ok((job, Built { outputs }, exposed))
}

/// The outputs; those that are files are bound, values are once they are written.
fn outputs(scope: &mut Scope<'_>, def: Def, tree: &tree::Job) -> Result<Vec<Declared>> {
    let mut built = Vec::new();
    let declared = tree.outputs.as_deref().unwrap_or_default();
    for (sig, output) in signature(scope.db, def).outputs.iter().zip(declared) {
        let ty = scope.instance_type(&sig.ty);
        let place = Place::new(def, sig.span);
        let (declared, val) = one(scope, sig.name.clone(), ty, output.path.as_ref(), place, sig.always)?;
        scope.bind(&sig.name, val);
        built.push(declared);
    }
    Ok(built)
}

/// An output of type `ty`, and what its name stands for in the body.
fn one(
    scope: &Scope<'_>,
    name: SmolStr,
    ty: Ty,
    path: Option<&tree::Text>,
    place: Place,
    always: bool,
) -> Result<(Declared, Val)> {
    if let Ty::Family(family) = &ty
        && let Some(keys) = &family.keys
    {
        let mut members = Vec::with_capacity(keys.len());
        let mut vals = Vec::with_capacity(keys.len());
        let mut taken: Vec<String> = Vec::new();
        for key in keys.iter() {
            let text = key.text().unwrap_or_else(|| key.display(scope.db));
            let own = unique(format!("{name}-{}", part(&text)), '-', |it| taken.iter().any(|other| other == it));
            taken.push(own.clone());
            let ty = family.at(&flow_analysis::value::Norm::Value(key.clone()));
            let mut inner = scope.clone();
            if let Some(binder) = &family.binder {
                inner.bind(binder, Val::Const(key.clone()));
            }
            let (declared, val) = one(&inner, own.into(), ty, path, place, always)?;
            members.push((key.clone(), declared));
            vals.push((key.clone(), val));
        }
        return Ok((Declared { name, ty, kind: Made::Family(members), always }, Val::Family(vals.into())));
    }
    if !is_files(&ty) {
        return Ok((Declared { name, ty, kind: Made::Value, always }, Val::Unset));
    }
    let path = path.map(|path| {
        let eval = Eval::new(scope.db, scope.def, &signature(scope.db, scope.def).checked.names);
        let text = eval.text(path, &scope.const_env());
        text.map_err(|failure| failure.finding(scope.db).into_iter().collect::<Vec<_>>())
    });
    let path = path.transpose()?;
    let optional = matches!(ty, Ty::Optional(_));
    let files = leaves(scope.db, ty.present(), &name, path, place)
        .map_err(|failure| failure.finding(scope.db).into_iter().collect::<Vec<_>>())?;
    let files: Arc<[Concrete]> =
        if optional { files.iter().map(|leaf| Concrete { optional: true, ..leaf.clone() }).collect() } else { files };
    if let Some(problem) = flow_analysis::schema::instance_problem(&files) {
        return Err(vec![problem]);
    }
    let base = Base::Produced(name.to_string());
    let val = Val::Files(Files { base, leaves: Arc::clone(&files), part: String::new(), optional: false });
    Ok((Declared { name, ty, kind: Made::Files(files), always }, val))
}

/// Puts the outputs in, with what only this instance can tell: whether each file is promised once.
fn finish<'db>(
    scope: &mut Scope<'db>,
    job: &mut Job,
    tree: &tree::Job,
    outputs: &[Declared],
    steps: Steps<'db>,
) -> Result<Vec<(String, Place)>> {
    job.steps = steps.steps;
    job.checkout = steps.checkout;
    let declared = tree.outputs.as_deref().unwrap_or_default();
    for (output, declared) in outputs.iter().zip(declared) {
        let val = scope.lookup(&output.name).cloned();
        put(scope, job, output, declared, None, val)?;
    }
    job.consumes.extend(steps.views);
    for (base, assertion) in steps.asserts {
        let list = match &base {
            Base::Consumed(id) => job.consumes.iter_mut().find(|it| it.id == *id).map(|it| &mut it.asserts),
            Base::Produced(name) => job.outputs.iter_mut().find(|it| it.name == *name).map(|it| &mut it.asserts),
        };
        if let Some(list) = list
            && !list.contains(&assertion)
        {
            list.push(assertion);
        }
    }
    foreign_values(job);
    let mut exposed = Vec::new();
    for (expose, place) in steps.exposes {
        exposed.push((expose.name.clone(), place));
        job.exposes.push(expose);
    }
    Ok(exposed)
}

/// Puts one output in.
fn put(
    scope: &Scope<'_>,
    job: &mut Job,
    output: &Declared,
    declared: &tree::Output,
    member: Option<(String, Const)>,
    val: Option<Val>,
) -> Result<()> {
    let kind = match &output.kind {
        Made::Files(files) => {
            for file in files.iter().filter(|file| !file.optional && !output.always) {
                require(scope, job, output, declared, file)?;
            }
            OutputKind::Artifact(schema(scope.db, &output.ty, files))
        }
        Made::Value => {
            let Some(ty) = value_type(scope.db, &output.ty) else {
                return scope.not_built(declared.ty.span, "an output of this type");
            };
            let value = match val.as_ref().and_then(|val| scope.late(val)) {
                Some(Value::Const(Const::None)) if !output.always && !matches!(ty, ValueType::Optional(_)) => {
                    return Err(vec![
                        Finding::new(
                            Code::NeverWritten,
                            scope.at(declared.name.span),
                            format!("`{}` is never written in `{}`", output.name, job.title),
                        )
                        .label("declared here")
                        .help(format!("write it in a script: `#{{out {}}}`", declared.name.text)),
                    ]);
                }
                Some(value) => value,
                None => return scope.not_built(declared.name.span, "this value of an output"),
            };
            OutputKind::Value { ty, value }
        }
        Made::Family(members) => {
            let vals = match val {
                Some(Val::Family(vals)) => vals,
                _ => Arc::from([]),
            };
            for (key, inner) in members {
                let val = vals.iter().find(|(other, _)| other == key).map(|(_, val)| val.clone());
                let member = Some((output.name.to_string(), super::value::constant(key)));
                put(scope, job, inner, declared, member, val)?;
            }
            return Ok(());
        }
    };
    let place = scope.place(declared.name.span);
    job.outputs.push(Output {
        docs: declared.docs.text(),
        always: output.always,
        member,
        ..Output::new(output.name.as_str(), kind, place)
    });
    Ok(())
}

/// That a file is promised.
fn require(scope: &Scope<'_>, job: &Job, output: &Declared, declared: &tree::Output, file: &Concrete) -> Result<()> {
    let mut writes = job.steps.iter().flat_map(|step| &step.writes);
    if writes.any(|write| write.output == output.name && write.field == file.name) {
        return Ok(());
    }
    let name = super::value::dotted(&output.name, &file.name);
    let name = if file.name.is_empty() { output.name.to_string() } else { name };
    Err(vec![
        Finding::new(
            Code::NeverWritten,
            scope.at(declared.name.span),
            format!("`{name}` is never written in `{}`", job.title),
        )
        .label("declared here")
        .related(file.place, "the field")
        .help(format!("write it in a script: `#{{out {name}}}`")),
    ])
}

/// What is read of foreign steps without binding is what they publish.
fn foreign_values(job: &mut Job) {
    let mut read: Vec<(String, String)> = Vec::new();
    job.values(&mut |value| {
        if let Value::Step { step, name } = value {
            read.push((step.clone(), name.clone()));
        }
    });
    if read.is_empty() {
        return;
    }
    for step in job.steps.iter_mut().filter(|step| matches!(step.run, Run::Foreign(_))) {
        for (_, name) in read.iter().filter(|(of, _)| *of == step.id) {
            if !step.publishes.iter().any(|it| it.name == *name) {
                let ty = ValueType::Optional(Box::new(ValueType::String));
                step.publishes.push(Publish::new(name.as_str(), ty, PublishFrom::Foreign(name.clone())));
            }
        }
    }
}

/// Files that consumers say directories hold, by the outputs that these are of.
pub(super) fn asserted(consumes: &[Consume]) -> Vec<(String, String, crate::model::Assertion)> {
    let mut all = Vec::new();
    for consume in consumes.iter().filter(|it| !it.asserts.is_empty()) {
        let (mut files, mut below) = (&consume.from, String::new());
        while let crate::model::Files::Part { of, field } = files {
            below = if below.is_empty() { field.clone() } else { super::value::dotted(field, &below) };
            files = of;
        }
        if let crate::model::Files::Output { job, output } = files {
            for assertion in &consume.asserts {
                let field = match (below.as_str(), assertion.field.as_str()) {
                    (below, "") => below.to_owned(),
                    (below, field) => super::value::dotted(below, field),
                };
                all.push((job.clone(), output.clone(), crate::model::Assertion { field, ..assertion.clone() }));
            }
        }
    }
    all
}

/// A file below a directory, as what is consumed.
pub(super) fn asserted_leaf(dir: &Concrete, path: &str) -> Concrete {
    Concrete {
        name: SmolStr::new_static(ASSERTED),
        ty: Ty::File,
        optional: false,
        path: format!("{}/{path}", dir.path),
        ..dir.clone()
    }
}
