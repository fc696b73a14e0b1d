//! Calls in a pipeline: of jobs, which make instances; of flows, which are put in; of earlier runs.

use std::sync::Arc;

use flow_analysis::db::syntax;
use flow_analysis::infer::{binding, signature};
use flow_analysis::permission::Access;
use flow_analysis::scope::Res;
use flow_analysis::value::ConstValue;
use flow_analysis::{Def, Finding};
use flow_syntax::Code;
use flow_syntax::tree::{self, Expr, ExprKind, ExternKind, ItemKind, PortDirection, Text};

use super::compute::{compute, guard};
use super::consume::{Needs, decided};
use super::graph::{Graph, Instance};
use super::job::{Built, Declared, Frame, Made as Kind, asserted, build};
use super::name::{part, slug};
use super::scope::{Argument, Result, Scope};
use super::trace::find;
use super::value::{Choice, Made, Origin, Outputs, Val, json_part, json_type, value_type};
use super::{MAX_INSTANCES, MAX_LEGS, MAX_PLAN_STEPS};
use crate::model::{Each, ForeignJob, Job, Location, Op, Operand, Output, OutputKind, Permission, Value, ValueType};

/// How deep flows call one another.
const DEEPEST: usize = 64;

/// What stands behind a call: `as "title" after x`.
#[derive(Default)]
pub(super) struct Ordered<'t> {
    title: Option<&'t Text>,
    after: Option<&'t Expr>,
}

impl<'db> Graph<'db> {
    pub(super) fn called(&mut self, scope: &mut Scope<'db>, e: &Expr) -> Result<Val> {
        match &e.kind {
            ExprKind::Ordered { base, title, after } => {
                let ordered = Ordered { title: title.as_ref(), after: after.as_deref() };
                self.call_of(scope, base, &ordered)
            }
            _ => self.call_of(scope, e, &Ordered::default()),
        }
    }

    fn call_of(&mut self, scope: &mut Scope<'db>, e: &Expr, ordered: &Ordered<'_>) -> Result<Val> {
        let ExprKind::Call { callee, args, .. } = &e.kind else { return Err(Vec::new()) };
        let Some(Res::Def(def)) = scope.res(callee.span) else {
            return self.earlier(scope, e, callee, args);
        };
        let def = *def;
        let item = syntax(self.db, def);
        match &item.kind {
            ItemKind::Job(_) => self.instance(scope, e, def, ordered),
            ItemKind::Extern(it) if it.kind == ExternKind::Job => self.instance(scope, e, def, ordered),
            ItemKind::Flow(tree) => self.flow(scope, e, def, tree, ordered),
            _ => scope.not_built(callee.span, "calling this from a pipeline"),
        }
    }

    /// The arguments of a call as the called one gets them.
    fn given(&mut self, scope: &mut Scope<'db>, e: &Expr, def: Def) -> Result<Vec<Argument>> {
        let ExprKind::Call { args, .. } = &e.kind else { return Err(Vec::new()) };
        let mut arguments = scope.arguments(def, args, self)?;
        for argument in &mut arguments {
            let val = self.received(&argument.val);
            let param = signature(self.db, def).params.iter().find(|param| param.name == argument.name);
            argument.val = match param {
                // What a job gives may be a family, which only shows now.
                Some(param) => val.listed(&param.ty),
                None => val,
            };
        }
        Ok(arguments)
    }

    /// Refuses a call that loops over later lists make more often than any platform takes, as far as that can
    /// be told before a run.
    fn legs(&self, scope: &Scope<'db>, e: &Expr) -> Result<()> {
        let of = |each: &Each| if each.filter.is_some() { 1 } else { each.list.least_len().max(1) };
        let legs = self.each.iter().fold(1, |legs: usize, each| legs.saturating_mul(of(each)));
        if legs <= MAX_LEGS {
            return Ok(());
        }
        Err(vec![
            Finding::new(
                Code::LimitExceeded,
                scope.at(e.span),
                format!("this job runs {legs} times, for the elements of a list that is known later"),
            )
            .label(format!("at most {MAX_LEGS} times"))
            .note("what a list known later holds becomes a matrix, of which hosted CI takes no more")
            .help("make the list shorter, or let one job handle several of its elements"),
        ])
    }

    /// A call of a job.
    fn instance(&mut self, scope: &mut Scope<'db>, e: &Expr, def: Def, ordered: &Ordered<'_>) -> Result<Val> {
        if self.jobs.len() >= MAX_INSTANCES {
            return Err(vec![
                Finding::new(
                    Code::LimitExceeded,
                    scope.at(e.span),
                    format!("the pipeline has more than {MAX_INSTANCES} jobs"),
                )
                .label("one too many")
                .help("make the loops around it shorter"),
            ]);
        }
        self.legs(scope, e)?;
        let arguments = self.given(scope, e, def)?;
        let mut needs = Needs::default();
        for argument in &arguments {
            needs.val(&argument.val, &|made| self.trace(made));
        }
        let conditions = self.guards.clone();
        conditions.iter().for_each(|value| needs.value(value));
        for each in &self.each {
            needs.value(&each.list);
            each.filter.iter().for_each(|value| needs.value(value));
        }
        if let Some(after) = ordered.after {
            let val = scope.value(after, self)?;
            self.order(&val, &mut needs);
        }
        for val in &self.after {
            self.order(val, &mut needs);
        }
        let name = def.name(self.db);
        let (id, title) = match ordered.title {
            Some(title) => {
                let title = scope.title(title)?;
                (slug(&title), title)
            }
            None => self.name_of(name, &arguments),
        };
        self.take_id(scope, &id, e.span, "as \"…\"")?;
        let place = scope.place(e.span);
        let called = format!("called here, as `{title}`");
        let frame = Frame { id, title, needs: needs.edges, env: self.env.clone(), place, backend: self.backend };
        let item = syntax(self.db, def);
        let built = match &item.kind {
            ItemKind::Job(tree) => {
                build(scope, def, tree, item.docs.text(), arguments, frame, &|made| self.trace(made))
            }
            _ => foreign(scope, e, def, item.docs.text(), &arguments, frame),
        };
        // What is wrong in one instance only needs to say in which.
        let (mut job, built, exposed) = built.map_err(|found| {
            found.into_iter().map(|it| it.related(scope.at(e.span), called.as_str())).collect::<Vec<_>>()
        })?;
        job.keys = self.keys.iter().map(super::value::constant).collect();
        job.guard = guard(&conditions);
        job.each.clone_from(&self.each);
        job.stage.clone_from(&self.stage);
        job.role = self.role;
        for (name, place) in exposed {
            self.expose_name(&name, place)?;
        }
        for (maker, output, assertion) in asserted(&job.consumes) {
            let maker = self.jobs.iter_mut().find(|it| it.job.id == maker);
            let output = maker.and_then(|it| it.job.outputs.iter_mut().find(|it| it.name == output));
            if let Some(output) = output
                && !output.asserts.iter().any(|it| it.field == assertion.field && it.path == assertion.path)
            {
                output.asserts.push(assertion);
            }
        }
        self.steps += job.steps.len();
        if self.steps > MAX_PLAN_STEPS {
            return Err(vec![
                Finding::new(
                    Code::LimitExceeded,
                    scope.at(e.span),
                    format!("the jobs of the pipeline have more than {MAX_PLAN_STEPS} steps together"),
                )
                .label("with this job it is too many")
                .help("make the loops shorter, or join steps"),
            ]);
        }
        let index = self.jobs.len();
        self.jobs.push(Instance { job, built, place: scope.at(e.span) });
        Ok(Val::Job(index))
    }

    /// A call of a flow: its calls, put in.
    fn flow(
        &mut self,
        scope: &mut Scope<'db>,
        e: &Expr,
        def: Def,
        tree: &tree::Flow,
        ordered: &Ordered<'_>,
    ) -> Result<Val> {
        if self.depth >= DEEPEST {
            // Recursion has been reported where the flows are.
            return Err(Vec::new());
        }
        scope.turn(e.span)?;
        let arguments = self.given(scope, e, def)?;
        let keys = self.keys.len();
        match ordered.title {
            Some(title) => self.keys.push(ConstValue::Text(scope.title(title)?.into())),
            None => {
                for argument in arguments.iter().filter(|it| it.given && it.constant) {
                    if let Val::Const(value) = &argument.val
                        && !self.keys.contains(value)
                    {
                        self.keys.push(value.clone());
                    }
                }
            }
        }
        let after = self.after.len();
        if let Some(e) = ordered.after {
            let val = scope.value(e, self)?;
            self.after.push(val);
        }
        let mut inner = scope.enter(def);
        for argument in arguments {
            inner.bind(&argument.name, argument.val);
        }
        let sig = signature(self.db, def);
        for output in &sig.outputs {
            inner.bind(&output.name, Val::Unset);
        }
        let first = self.jobs.len();
        self.depth += 1;
        let done = super::scope::Calls::block(self, &mut inner, &tree.body);
        self.depth -= 1;
        self.keys.truncate(keys);
        self.after.truncate(after);
        done.map_err(|found| {
            let name = &tree.name.text;
            found
                .into_iter()
                .map(|it| it.related(scope.at(e.span), format!("in `{name}`, called here")))
                .collect::<Vec<_>>()
        })?;
        let outputs = sig.outputs.iter();
        let values = outputs.filter_map(|output| Some((output.name.clone(), inner.lookup(&output.name)?.clone())));
        Ok(Val::Outputs(Outputs { values: values.collect(), jobs: (first..self.jobs.len()).collect() }.into()))
    }

    /// Id and title of an instance: the job's name, and what tells its calls apart.
    fn name_of(&self, job: &str, arguments: &[Argument]) -> (String, String) {
        let mut values: Vec<&ConstValue> = Vec::new();
        for argument in arguments.iter().filter(|it| it.given && it.constant) {
            if let Val::Const(value) = &argument.val {
                values.push(value);
            }
        }
        for key in &self.keys {
            if !values.contains(&key) {
                values.push(key);
            }
        }
        if values.is_empty() {
            return (slug(job), job.to_owned());
        }
        let texts: Vec<String> = values.iter().map(|it| it.text().unwrap_or_else(|| it.display(self.db))).collect();
        let id: Vec<String> = std::iter::once(slug(job)).chain(texts.iter().map(|text| part(text))).collect();
        (id.join("-"), format!("{job} ({})", texts.join(", ")))
    }

    /// A value as the called job gets it: the handle of a job with one output is that output.
    pub(super) fn received(&mut self, val: &Val) -> Val {
        match val {
            Val::Job(job) => match self.jobs.get(*job).map(|it| it.built.outputs.as_slice()) {
                Some([only]) => {
                    let val = Made::output(*job, &only.name);
                    self.received(&val)
                }
                _ => val.clone(),
            },
            Val::Made(made) => self.received_output(made),
            Val::Outputs(outputs) => match outputs.values.as_slice() {
                [(_, only)] => self.received(only),
                _ => val.clone(),
            },
            Val::Family(members) => {
                Val::Family(members.iter().map(|(key, val)| (key.clone(), self.received(val))).collect())
            }
            Val::List(items) => Val::List(items.iter().map(|val| self.received(val)).collect()),
            Val::Record(fields) => {
                Val::Record(fields.iter().map(|(name, val)| (name.clone(), self.received(val))).collect())
            }
            Val::Choice(it) => match decided(it, &self.guards.clone()) {
                Some(val) => self.received(val),
                None => {
                    let Choice { condition, then, otherwise } = &**it;
                    let (then, otherwise) = (self.received(then), self.received(otherwise));
                    Val::choice(condition.clone(), then, otherwise)
                }
            },
            Val::Each(inner) => Val::Each(self.received(inner).into()),
            other => other.clone(),
        }
    }

    fn received_output(&mut self, made: &Arc<Made>) -> Val {
        let same = Val::Made(Arc::clone(made));
        let Origin::Output { job, output } = &made.source else { return same };
        let Some(instance) = self.jobs.get(*job) else { return same };
        let (name, rest) = (output.as_str(), made.part.as_str());
        // The field of a call is an output; that of its only output may be a field of that.
        let found = find(&instance.built.outputs, name);
        let Some(declared) = found else {
            let [only] = instance.built.outputs.as_slice() else { return same };
            let part = super::value::dotted(name, rest).trim_end_matches('.').to_owned();
            let source = Origin::Output { job: *job, output: only.name.clone() };
            let inner = Arc::new(Made { source, part, asserted: made.asserted.clone() });
            return self.received_output(&inner);
        };
        match &declared.kind {
            Kind::Value => {
                let mut value = Value::Output { job: instance.job.id.clone(), output: declared.name.to_string() };
                let mut ty = value_type(self.db, &declared.ty).unwrap_or(ValueType::String);
                for name in rest.split('.').filter(|name| !name.is_empty()) {
                    if name == "len" && !matches!(ty.present(), ValueType::Record { .. }) {
                        // What a loop's calls hand on is a list of them.
                        let ty = if matches!(ty, ValueType::List(_)) { ty } else { ValueType::List(Box::new(ty)) };
                        value = compute(Op::Len, vec![Operand { value, ty }], ValueType::Int);
                        break;
                    }
                    let field = field_type(&ty, name);
                    value = compute(Op::Field(name.to_owned()), vec![Operand { value, ty }], field.clone());
                    ty = field;
                }
                Val::Late(value)
            }
            Kind::Family(members) => {
                let members = members.iter().map(|(key, member)| {
                    let source = Origin::Output { job: *job, output: member.name.clone() };
                    let made = Made { source, part: made.part.clone(), asserted: None };
                    (key.clone(), Val::Made(made.into()))
                });
                let members: Vec<_> = members.collect();
                Val::Family(members.into_iter().map(|(key, val)| (key, self.received(&val))).collect())
            }
            Kind::Files(files) => match json_part(self.db, files, rest) {
                Some((leaf, path)) => {
                    let ty = json_type(self.db, &leaf.ty, &path).and_then(|ty| value_type(self.db, &ty));
                    let mut ty = ty.unwrap_or(ValueType::String);
                    if leaf.optional && !matches!(ty, ValueType::Optional(_)) {
                        ty = ValueType::Optional(Box::new(ty));
                    }
                    let file = Location::Produced { output: declared.name.to_string(), path: leaf.path.clone() };
                    let name = format!("{}-{}", declared.name, rest.replace('.', "-"));
                    self.json_output(*job, &name, ty, Value::Json { file, path })
                }
                None => same,
            },
        }
    }

    /// A field of a JSON file that is read outside of a consumer: its maker reads it, and has it as an
    /// output.
    fn json_output(&mut self, job: usize, name: &str, ty: ValueType, value: Value) -> Val {
        let Some(instance) = self.jobs.get_mut(job) else { return Val::Unit };
        let job = &mut instance.job;
        if !job.outputs.iter().any(|it| it.name == name) {
            let place = job.place.clone();
            job.outputs.push(Output::new(name, OutputKind::Value { ty, value }, place));
        }
        Val::Late(Value::Output { job: job.id.clone(), output: name.to_owned() })
    }

    /// Notes a name under which files are given to people.
    pub(super) fn expose_name(&mut self, name: &str, place: flow_analysis::Place) -> Result<()> {
        match self.exposed.insert(name.to_owned(), place) {
            None => Ok(()),
            Some(first) => Err(vec![
                Finding::new(Code::BadTitle, place, format!("two things are exposed as `{name}`"))
                    .label("the second one")
                    .related(first, "the first one")
                    .help("give one of them another name: `as \"…\"`"),
            ]),
        }
    }
}

fn field_type(ty: &ValueType, name: &str) -> ValueType {
    match ty {
        ValueType::Record { fields, .. } => {
            fields.iter().find(|(field, _)| field == name).map_or(ValueType::String, |(_, ty)| ty.clone())
        }
        ValueType::Optional(inner) => match field_type(inner, name) {
            optional @ ValueType::Optional(_) => optional,
            ty => ValueType::Optional(Box::new(ty)),
        },
        _ => ValueType::String,
    }
}

/// A call of a job that somebody else has written.
#[expect(clippy::type_complexity, reason = "as of `build`")]
fn foreign(
    scope: &Scope<'_>,
    e: &Expr,
    def: Def,
    docs: Option<String>,
    arguments: &[Argument],
    frame: Frame,
) -> Result<(Job, Built, Vec<(String, flow_analysis::Place)>)> {
    let Some(bound) = binding(scope.db, def) else { return Err(Vec::new()) };
    let of = |direction| -> Vec<_> { bound.ports.iter().filter(|port| port.direction == direction).cloned().collect() };
    let inputs = super::action::inputs(scope, &of(PortDirection::In), arguments, e)?;
    let secrets = super::action::inputs(scope, &of(PortDirection::Secret), arguments, e)?;
    let mut job = Job {
        id: frame.id,
        name: def.name(scope.db).to_string(),
        title: frame.title,
        docs,
        needs: frame.needs,
        place: frame.place,
        ..Job::default()
    };
    let mut outputs = Vec::new();
    let mut names = Vec::new();
    for sig in &signature(scope.db, def).outputs {
        let Some(ty) = value_type(scope.db, &sig.ty) else {
            return scope.not_built(e.span, "an output of this type");
        };
        let foreign = bound.ports.iter().find(|it| it.direction == PortDirection::Out && it.name == sig.name);
        names.push((sig.name.to_string(), foreign.map(|it| it.foreign.to_string()).unwrap_or_default()));
        // What it is, only the one who has written it knows.
        let value = Value::Output { job: job.id.clone(), output: sig.name.to_string() };
        let place = super::place(scope.db, def, sig.span);
        job.outputs.push(Output::new(sig.name.as_str(), OutputKind::Value { ty, value }, place));
        outputs.push(Declared { name: sig.name.clone(), ty: sig.ty.clone(), kind: Kind::Value, always: sig.always });
    }
    let permissions = bound.permissions.iter().filter(|it| it.access != Access::None);
    job.permissions = permissions
        .map(|it| Permission {
            scope: it.scope.to_string(),
            access: it.access.word().to_owned(),
            why: vec![format!("for {}", job.name)],
        })
        .collect();
    job.foreign = Some(ForeignJob { reference: bound.reference.to_string(), inputs, secrets, outputs: names });
    Ok((job, Built { outputs }, Vec::new()))
}
