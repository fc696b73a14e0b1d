//! What a body sees: local values, and what the checker found out of the item it stands in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use flow_analysis::eval::{Eval, Failure, default_value};
use flow_analysis::infer::{matched, signature};
use flow_analysis::scope::Res;
use flow_analysis::ty::Ty;
use flow_analysis::value::{ConstValue, Norm};
use flow_analysis::{Db, Def, Finding, Place};
use flow_syntax::tree::{Arg, ArgValue, Body, Expr, For, ParamMode, Source, Text};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::MAX_TURNS;
use super::value::Val;
use crate::model::{Backend, Operand, Value};

/// What a body sees.
#[derive(Clone)]
pub(super) struct Scope<'db> {
    pub db: &'db dyn Db,
    /// The item.
    pub def: Def,
    /// Local values, innermost last.
    pub env: Vec<Local>,
    backend: ConstValue,
    /// Members of `ctx` that are known.
    members: Vec<(SmolStr, ConstValue)>,
    /// How many turns the loops of the plan have taken.
    turns: Rc<Cell<usize>>,
    /// How many values were assigned.
    versions: Rc<Cell<usize>>,
    /// The secrets that are read.
    pub secrets: Rc<RefCell<Vec<Def>>>,
}

/// A local value.
#[derive(Clone)]
pub(super) struct Local {
    pub name: SmolStr,
    pub val: Val,
    /// Another number after each assignment.
    pub version: usize,
}

/// Whoever carries a body out.
pub(super) trait Calls<'db> {
    /// The value of a call, or of `call as "title" after x`.
    fn call(&mut self, scope: &mut Scope<'db>, e: &Expr) -> Result<Val>;

    /// The statements of a block; its value is that of the last one.
    fn block(&mut self, scope: &mut Scope<'db>, body: &Body) -> Result<Val>;

    /// A source as a value.
    fn source(&mut self, scope: &mut Scope<'db>, source: &Source) -> Result<Val> {
        match source {
            Source::Expr(e) => scope.value(e, self.dynamic()),
            source => scope.not_built(source.span(), "this as a value here"),
        }
    }

    /// What is carried out until [`leave`](Self::leave) is so only if `condition` holds.
    fn enter(&mut self, condition: Value);

    /// The end of what was entered last.
    fn leave(&mut self);

    /// What elements a loop has, and what tells its calls apart.
    fn key(&mut self, _key: Option<&ConstValue>) {}

    /// A loop over a list that is known later.
    fn each(&mut self, scope: &mut Scope<'db>, it: &For, list: Operand) -> Result<Val> {
        scope.comprehension(it, list, self.dynamic())
    }

    /// Itself.
    fn dynamic(&mut self) -> &mut dyn Calls<'db>;

    /// What an output of a job is.
    fn resolve(&mut self, val: Val) -> Val {
        val
    }

    /// Whether files of other jobs or runs are there; `None`: nothing says that they may not be.
    fn exists(&mut self, _val: &Val) -> Option<Value> {
        None
    }

    /// `dir.assert_exists(path)`.
    fn assert_exists(&mut self, scope: &Scope<'db>, span: Span, _dir: &Val, _path: &str) -> Result<Val> {
        scope.not_built(span, "an assertion here")
    }

    /// `dir.subtree(path)`, `dir.filter(pattern)`, `merge(a, b)`.
    fn view(&mut self, scope: &Scope<'db>, span: Span, _view: View) -> Result<Val> {
        scope.not_built(span, "a view here")
    }
}

/// A view of directories.
pub(super) enum View {
    Subtree(Val, String),
    Filter(Val, String),
    Merge(Vec<Val>, bool),
}

/// An argument of a call.
pub(super) struct Argument {
    /// The parameter's name.
    pub name: SmolStr,
    pub val: Val,
    /// The parameter is `const`.
    pub constant: bool,
    /// It stands in the call, rather than being the parameter's default.
    pub given: bool,
    /// `out place`: what the callee writes.
    pub place: Option<flow_syntax::tree::Place>,
}

/// What stands in the way. Empty where it has been reported by the checker.
pub(super) type Result<T> = std::result::Result<T, Vec<Finding>>;

impl<'db> Scope<'db> {
    pub(super) fn new(db: &'db dyn Db, def: Def, backend: Backend) -> Self {
        let backend = match flow_analysis::scope::prelude(db, "Backend") {
            Some(def) => ConstValue::Variant { def, name: SmolStr::new_static(backend.name()) },
            None => ConstValue::None,
        };
        Self {
            db,
            def,
            env: Vec::new(),
            backend,
            members: Vec::new(),
            turns: Rc::default(),
            versions: Rc::default(),
            secrets: Rc::default(),
        }
    }

    /// Whether the plan is for this backend.
    pub(super) fn is_for(&self, backend: Backend) -> bool {
        self.is_called(backend.name())
    }

    /// Whether the plan is for the backend of this name.
    pub(super) fn is_called(&self, backend: &str) -> bool {
        self.backend.text().as_deref() == Some(backend)
    }

    /// The same backend, another item, no local values.
    pub(super) fn enter(&self, def: Def) -> Self {
        Self {
            db: self.db,
            def,
            env: Vec::new(),
            backend: self.backend.clone(),
            members: self.members.clone(),
            turns: Rc::clone(&self.turns),
            versions: Rc::clone(&self.versions),
            secrets: Rc::clone(&self.secrets),
        }
    }

    /// A member of `ctx` that is known here.
    pub(super) fn know(&mut self, member: &'static str, value: ConstValue) {
        self.members.push((SmolStr::new_static(member), value));
    }

    /// One more turn of a loop.
    pub(super) fn turn(&self, span: Span) -> Result<()> {
        let turns = self.turns.get() + 1;
        self.turns.set(turns);
        if turns <= MAX_TURNS {
            return Ok(());
        }
        Err(vec![
            Finding::new(
                Code::LimitExceeded,
                self.at(span),
                format!("the loops of the pipeline take more than {MAX_TURNS} turns"),
            )
            .label("here it is one too many")
            .note("loops inside one another multiply")
            .help("make one of the loops shorter"),
        ])
    }

    pub(super) fn names(&self) -> &'db FxHashMap<Span, Res> {
        &flow_analysis::infer::check(self.db, self.def).names
    }

    pub(super) fn res(&self, span: Span) -> Option<&'db Res> {
        self.names().get(&span).or_else(|| signature(self.db, self.def).checked.names.get(&span))
    }

    /// What the checker knows of an expression or a bound name.
    pub(super) fn checked(&self, span: Span) -> Option<&'db flow_analysis::infer::Val> {
        flow_analysis::infer::check(self.db, self.def)
            .types
            .get(&span)
            .or_else(|| signature(self.db, self.def).checked.types.get(&span))
    }

    pub(super) fn ty(&self, span: Span) -> Option<&'db Ty> {
        self.checked(span).map(|val| &val.ty)
    }

    pub(super) fn at(&self, span: Span) -> Place {
        Place::new(self.def, span)
    }

    pub(super) fn place(&self, span: Span) -> crate::model::Place {
        super::place(self.db, self.def, span)
    }

    pub(super) fn bind(&mut self, name: &SmolStr, val: Val) {
        let version = self.versions.get();
        self.env.push(Local { name: name.clone(), val, version });
    }

    /// Gives an output, or a `let` that a script writes, its value.
    pub(super) fn assign(&mut self, name: &SmolStr, val: Val) {
        let version = self.versions.get() + 1;
        self.versions.set(version);
        match self.env.iter_mut().rev().find(|local| local.name == *name) {
            Some(local) => {
                local.val = val;
                local.version = version;
            }
            None => self.bind(name, val),
        }
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Val> {
        self.env.iter().rev().find(|local| local.name == name).map(|local| &local.val)
    }

    /// A construct that the checker lets through and elaboration has no meaning for.
    pub(super) fn not_built<T>(&self, span: Span, what: &str) -> Result<T> {
        Err(vec![
            Finding::new(Code::NotBuilt, self.at(span), format!("{what} is not built yet"))
                .label("understood, but cannot be planned so far"),
        ])
    }

    /// The local values that are known.
    pub(super) fn const_env(&self) -> Vec<(SmolStr, ConstValue)> {
        let mut env: Vec<_> = self
            .env
            .iter()
            .filter_map(|local| match &local.val {
                Val::Const(value) => Some((local.name.clone(), value.clone())),
                _ => None,
            })
            .collect();
        env.push((SmolStr::new_static("ctx.backend"), self.backend.clone()));
        env.extend(self.members.iter().cloned());
        env
    }

    pub(super) fn try_const(&self, e: &Expr) -> std::result::Result<ConstValue, Failure> {
        Eval::new(self.db, self.def, self.names()).expr(e, &self.const_env())
    }

    /// The value of an expression that is known while compiling.
    pub(super) fn constant(&self, e: &Expr) -> Result<ConstValue> {
        self.try_const(e).map_err(|failure| failure.finding(self.db).into_iter().collect())
    }

    /// The text of a const title.
    pub(super) fn title(&self, text: &Text) -> Result<String> {
        Eval::new(self.db, self.def, self.names())
            .text(text, &self.const_env())
            .map_err(|failure| failure.finding(self.db).into_iter().collect())
    }

    /// A type as it is in this instance: const symbols replaced by their values.
    pub(super) fn instance_type(&self, ty: &Ty) -> Ty {
        ty.substitute(&|name| match self.lookup(name) {
            Some(Val::Const(value)) => Some(Norm::Value(value.clone())),
            _ => None,
        })
        .folded(self.db)
    }

    /// The arguments of a call by parameter, in the order of the call; then the defaults of those that
    /// are left out.
    pub(super) fn arguments(&mut self, def: Def, args: &[Arg], calls: &mut dyn Calls<'db>) -> Result<Vec<Argument>> {
        let params = &signature(self.db, def).params;
        let mut arguments: Vec<Argument> = Vec::with_capacity(params.len());
        for (arg, param) in matched(params, args) {
            match (&arg.value, param) {
                (ArgValue::Expr(value), Some(param)) => {
                    let val = self.value(value, calls)?.listed(&param.ty);
                    let constant = param.mode == ParamMode::Const;
                    arguments.push(Argument { name: param.name.clone(), val, constant, given: true, place: None });
                }
                (ArgValue::Out(place), Some(param)) => {
                    let (name, place) = (param.name.clone(), Some(place.clone()));
                    arguments.push(Argument { name, val: Val::Unset, constant: false, given: true, place });
                }
                (ArgValue::Spread(record), _) => {
                    let val = self.value(record, calls)?;
                    for param in params {
                        if let Some(val) = self.field(&val, &param.name, record.span) {
                            let constant = param.mode == ParamMode::Const;
                            let (name, val) = (param.name.clone(), val.listed(&param.ty));
                            arguments.retain(|arg| arg.name != name);
                            arguments.push(Argument { name, val, constant, given: true, place: None });
                        }
                    }
                }
                _ => return Err(Vec::new()),
            }
        }
        for param in params.iter().filter(|param| param.optional) {
            if !arguments.iter().any(|arg| arg.name == param.name) {
                let val = default_value(self.db, def, &param.name).map_or_else(Val::none, Val::Const);
                let constant = param.mode == ParamMode::Const;
                arguments.push(Argument { name: param.name.clone(), val, constant, given: false, place: None });
            }
        }
        Ok(arguments)
    }
}
