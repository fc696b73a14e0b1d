//! One job instance: its signature with const values put in, its settings, what it consumes and makes.

use std::sync::Arc;

use flow_analysis::infer::signature;
use flow_analysis::schema::Concrete;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_analysis::{Db, Def, Finding, Place};
use flow_syntax::Code;
use flow_syntax::tree::{self, Body, EntryValue, Expr, Map, Setting, StmtKind};
use smol_str::SmolStr;

use super::name::part;
use super::scope::{Argument, Result, Scope};
use super::steps::Steps;
use super::value::{Base, Files, Val, is_files, leaves, schema, value_type};
use crate::model::Files as Sources;
use crate::model::{AdoPool, Arch, Backend, Checkout, Consume, Edge, Job, Os, Output, OutputKind, Runner, Value};

/// The timeout of a job that does not say one.
const DEFAULT_TIMEOUT_SECONDS: u64 = 3600;

/// What the caller decides of an instance.
pub(super) struct Frame {
    pub id: String,
    pub title: String,
    pub needs: Vec<Edge>,
    /// The pipeline's variables.
    pub env: Vec<(String, Value)>,
    pub place: crate::model::Place,
}

/// What an instance makes.
pub(super) struct Built {
    pub outputs: Vec<OutputBuilt>,
}

/// An output of an instance.
pub(super) struct OutputBuilt {
    pub name: SmolStr,
    pub ty: Ty,
    /// `None` for a value.
    pub files: Option<Arc<[Concrete]>>,
}

/// What the job instance of an index makes, with its id.
type Made<'a> = &'a dyn Fn(usize) -> Option<(&'a str, &'a Built)>;

/// Builds an instance of the job `def`.
pub(super) fn build(
    caller: &Scope<'_>,
    def: Def,
    tree: &tree::Job,
    docs: Option<String>,
    arguments: Vec<Argument>,
    frame: Frame,
    made: Made<'_>,
) -> Result<(Job, Built)> {
    let mut scope = caller.enter(def);
    let mut consumes = Vec::new();
    let mut args = Vec::new();
    for argument in arguments {
        let val = consume(&mut consumes, scope.db, argument.name.as_str(), argument.val, made);
        if let Val::Const(value) = &val {
            args.push((argument.name.to_string(), super::value::constant(value)));
        }
        scope.bind(&argument.name, val);
    }
    let runner = match &tree.runner {
        Some(runner) => self::runner(&scope, runner)?,
        None => return Err(Vec::new()),
    };
    let mut job = Job {
        id: frame.id,
        name: tree.name.text.to_string(),
        title: frame.title,
        docs,
        args,
        runner,
        checkout: Some(Checkout::default()),
        inputs: None,
        timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
        env: Vec::new(),
        consumes,
        steps: Vec::new(),
        outputs: Vec::new(),
        exposes: Vec::new(),
        needs: frame.needs,
        place: frame.place,
        ..Job::default()
    };
    let outputs = outputs(&mut scope, def, tree)?;
    let workdir = settings(&scope, &mut job, &tree.body)?;
    super::steps::merge(&mut job.env, &frame.env);
    let taken: Vec<String> = job.env.iter().map(|(name, _)| name.clone()).collect();
    let mut steps = Steps::new(workdir, taken);
    steps.body(&mut scope, &tree.body)?;
    finish(&scope, &mut job, tree, &outputs, steps)?;
    Ok((job, Built { outputs }))
}

/// The outputs; those that are files are bound, values are once they are written.
fn outputs(scope: &mut Scope<'_>, def: Def, tree: &tree::Job) -> Result<Vec<OutputBuilt>> {
    let mut built = Vec::new();
    let declared = tree.outputs.as_deref().unwrap_or_default();
    for (sig, output) in signature(scope.db, def).outputs.iter().zip(declared) {
        let ty = scope.instance_type(&sig.ty);
        let files = if is_files(&ty) {
            let names = &signature(scope.db, def).checked.names;
            let path = output
                .path
                .as_ref()
                .map(|path| flow_analysis::eval::Eval::new(scope.db, def, names).text(path, &scope.const_env()))
                .transpose()
                .map_err(|failure| failure.finding(scope.db).into_iter().collect::<Vec<_>>())?;
            let place = Place::new(def, sig.span);
            let files = leaves(scope.db, &ty, &sig.name, path, place)
                .map_err(|failure| failure.finding(scope.db).into_iter().collect::<Vec<_>>())?;
            if let Some(problem) = flow_analysis::schema::instance_problem(&files) {
                return Err(vec![problem]);
            }
            refuse(scope, &ty, &files, output.ty.span)?;
            let base = Base::Produced(sig.name.to_string());
            scope.bind(&sig.name, Val::Files(Files { base, leaves: Arc::clone(&files), part: String::new() }));
            Some(files)
        } else {
            None
        };
        built.push(OutputBuilt { name: sig.name.clone(), ty, files });
    }
    Ok(built)
}

/// Files that jobs cannot make so far.
fn refuse(scope: &Scope<'_>, ty: &Ty, files: &[Concrete], span: flow_syntax::Span) -> Result<()> {
    if matches!(ty, Ty::Optional(_)) {
        return scope.not_built(span, "an output whose files may be absent");
    }
    for file in files {
        match file.ty {
            Ty::File | Ty::Exec | Ty::Opaque if !file.is_pattern() => {}
            Ty::Json(_) => return scope.not_built(span, "an output with a `json` file"),
            _ => return scope.not_built(span, "an output with a pattern of files"),
        }
    }
    Ok(())
}

/// Makes what is passed visible in the job: files become consumed artifacts.
fn consume(consumes: &mut Vec<Consume>, db: &dyn Db, id: &str, val: Val, made: Made<'_>) -> Val {
    match val {
        Val::Made { job, output } => {
            let Some((job_id, built)) = made(job) else { return Val::Unit };
            let Some(out) = built.outputs.iter().find(|it| it.name == output) else { return Val::Unit };
            let Some(files) = &out.files else { return Val::Unit };
            let from = Sources::Output { job: job_id.to_owned(), output: output.to_string() };
            consumes.push(Consume::new(id, from, schema(db, &out.ty, files)));
            Val::Files(Files { base: Base::Consumed(id.to_owned()), leaves: Arc::clone(files), part: String::new() })
        }
        Val::Family(members) => {
            let mut taken: Vec<String> = Vec::new();
            let members = members.into_iter().map(|(key, val)| {
                let text = key.text().unwrap_or_else(|| key.display(db));
                let name = super::name::unique(part(&text), '-', |name| taken.iter().any(|it| it == name));
                taken.push(name.clone());
                (key, consume(consumes, db, &format!("{id}/{name}"), val, made))
            });
            Val::Family(members.collect())
        }
        Val::List(items) => {
            let items = items.into_iter().enumerate();
            Val::List(items.map(|(index, val)| consume(consumes, db, &format!("{id}/{index}"), val, made)).collect())
        }
        other => other,
    }
}

fn runner(scope: &Scope<'_>, e: &Expr) -> Result<Runner> {
    let value = flow_analysis::eval::Eval::new(scope.db, scope.def, &signature(scope.db, scope.def).checked.names)
        .expr(e, &scope.const_env())
        .map_err(|failure| failure.finding(scope.db).into_iter().collect::<Vec<_>>())?;
    let os = |value: &ConstValue| match value.text().as_deref() {
        Some("windows") => Os::Windows,
        Some("macos") => Os::Macos,
        _ => Os::Linux,
    };
    let ConstValue::Record { fields, .. } = &value else {
        let os = os(&value);
        return Ok(Runner { os, arch: hosted(scope, os), github: None, ado: None });
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
    Ok(Runner { os: field("os").map_or(Os::Linux, os), arch, github, ado })
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

/// The settings of a job; gives its `workdir`.
fn settings(scope: &Scope<'_>, job: &mut Job, body: &Body) -> Result<Option<String>> {
    let mut workdir = None;
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Checkout(map) => job.checkout = Some(checkout(scope, map)?),
            StmtKind::Setting(Setting::Map { name, map }) => match name.text.as_str() {
                "checkout" => job.checkout = Some(checkout(scope, map)?),
                "env" => job.env = super::steps::env(scope, map, &mut super::steps::NoCalls)?,
                _ => {}
            },
            StmtKind::Setting(Setting::Value { name, value }) => match (name.text.as_str(), scope.constant(value)) {
                ("checkout", _) => job.checkout = None,
                ("inputs", Ok(value)) => job.inputs = Some(texts(Some(&value))),
                ("timeout", Ok(ConstValue::Duration(ms))) => job.timeout_seconds = ms.div_ceil(1000),
                ("workdir", Ok(value)) => workdir = value.text(),
                ("display", Ok(value)) => job.title = value.text().unwrap_or_default(),
                (_, Err(findings)) if !findings.is_empty() => return Err(findings),
                _ => {}
            },
            _ => {}
        }
    }
    Ok(workdir)
}

fn checkout(scope: &Scope<'_>, map: &Map) -> Result<Checkout> {
    let mut checkout = Checkout::default();
    for entry in &map.entries {
        let EntryValue::Expr(value) = &entry.value else { continue };
        match (entry.key.text.as_str(), scope.constant(value)?) {
            ("depth", ConstValue::Int(depth)) => match u32::try_from(depth) {
                Ok(depth) => checkout.depth = depth,
                Err(_) => {
                    return Err(vec![
                        Finding::new(Code::BadSetting, scope.at(value.span), format!("`depth` cannot be {depth}"))
                            .label("a number of commits; 0 is all"),
                    ]);
                }
            },
            ("tags", ConstValue::Bool(it)) => checkout.tags = it,
            ("submodules", ConstValue::Bool(it)) => checkout.submodules = it,
            ("lfs", ConstValue::Bool(it)) => checkout.lfs = it,
            _ => {}
        }
    }
    Ok(checkout)
}

/// Puts the outputs in, with what only this instance can tell: whether each file is promised once.
fn finish(scope: &Scope<'_>, job: &mut Job, tree: &tree::Job, outputs: &[OutputBuilt], steps: Steps) -> Result<()> {
    let declared = tree.outputs.as_deref().unwrap_or_default();
    for (output, declared) in outputs.iter().zip(declared) {
        let kind = match &output.files {
            Some(files) => {
                for file in files.iter().filter(|file| !file.optional) {
                    let written = steps
                        .steps
                        .iter()
                        .flat_map(|step| &step.writes)
                        .any(|write| write.output == output.name && write.field == file.name);
                    if !written {
                        let name = if file.name.is_empty() {
                            output.name.to_string()
                        } else {
                            format!("{}.{}", output.name, file.name)
                        };
                        return Err(vec![
                            Finding::new(
                                Code::NeverWritten,
                                scope.at(declared.name.span),
                                format!("`{name}` is never written in `{}`", job.title),
                            )
                            .label("declared here")
                            .related(file.place, "the field")
                            .help(format!("write it in a script: `#{{out {name}}}`")),
                        ]);
                    }
                }
                OutputKind::Artifact(schema(scope.db, &output.ty, files))
            }
            None => {
                let Some(ty) = value_type(scope.db, &output.ty) else {
                    return scope.not_built(declared.ty.span, "an output of this type");
                };
                let value = scope.lookup(&output.name).and_then(|val| scope.late(val));
                let value = match (value, &ty) {
                    (Some(value), _) => value,
                    (None, crate::model::ValueType::Optional(_)) => {
                        crate::model::Value::Const(crate::model::Const::None)
                    }
                    (None, _) => return Err(Vec::new()),
                };
                OutputKind::Value { ty, value }
            }
        };
        let place = scope.place(declared.name.span);
        job.outputs.push(Output { docs: declared.docs.text(), ..Output::new(output.name.as_str(), kind, place) });
    }
    job.steps = steps.steps;
    Ok(())
}
