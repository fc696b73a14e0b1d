//! From types as written to types.

use std::sync::Arc;

use flow_syntax::tree::{Expr, ExprKind, FamilyKey, Name, Path, Type, TypeArg, TypeKind};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Infer, LocalKind, Val, signature};
use crate::db::{Def, DefKind, broken, has_nameless};
use crate::scope::{Res, resolve, visible};
use crate::suggest::{list, nearest};
use crate::ty::{Family, Ty};
use crate::value::{ConstValue, Norm};

/// The types that need no declaration.
const BUILTIN: [(&str, Ty); 11] = [
    ("bool", Ty::Bool),
    ("int", Ty::Int),
    ("string", Ty::String),
    ("duration", Ty::Duration),
    ("path", Ty::Path),
    ("secret", Ty::Secret),
    ("file", Ty::File),
    ("exec", Ty::Exec),
    ("opaque", Ty::Opaque),
    ("done", Ty::Done),
    ("json", Ty::Error),
];

impl Infer<'_> {
    /// The type that `ty` names.
    pub(super) fn lower(&mut self, ty: &Type) -> Ty {
        match &ty.kind {
            TypeKind::Hole => Ty::Error,
            TypeKind::List(inner) => Ty::List(Arc::new(self.lower(inner))),
            TypeKind::Optional(inner) => self.lower(inner).optional(),
            TypeKind::Path { path, args } => self.lower_path(path, args),
            TypeKind::Family { key, member } => self.lower_family(key, member),
        }
    }

    /// The type that `ty` names, where no argument stands for any: everywhere but in parameters.
    pub(super) fn lower_closed(&mut self, ty: &Type) -> Ty {
        let lowered = self.lower(ty);
        if is_open(&lowered) {
            let shown = self.show(&lowered);
            let finding = self
                .finding(Code::TypeArguments, ty.span, format!("`{shown}` stands for any variant, here it must be one"))
                .label("`_` belongs to parameters")
                .help("write the arguments out");
            self.report(finding);
            return Ty::Error;
        }
        lowered
    }

    fn lower_family(&mut self, key: &FamilyKey, member: &Type) -> Ty {
        match key {
            FamilyKey::Type(key) => {
                let key = self.lower(key);
                let keys = self.keys_of(&key);
                let member = self.lower(member);
                Ty::Family(Arc::new(Family { key, keys, binder: None, member }))
            }
            FamilyKey::Binder { name, keys } => {
                let (key, keys) = self.key_set(keys);
                self.scoped(|infer| {
                    let norm = Norm::Symbol(name.text.clone());
                    infer.declare(name, Val::constant(key.clone(), norm), LocalKind::Loop, None);
                    let member = infer.lower(member);
                    Ty::Family(Arc::new(Family { key, keys, binder: Some(name.text.clone()), member }))
                })
            }
        }
    }

    /// The keys that a type has: an enum's variants.
    pub(super) fn keys_of(&self, key: &Ty) -> Option<Arc<[ConstValue]>> {
        let Ty::Enum(def) = key else { return None };
        let variants = crate::scope::variants(self.db, *def);
        Some(variants.iter().map(|name| ConstValue::Variant { def: *def, name: name.clone() }).collect())
    }

    /// What `for k in keys` or `[k in keys: …]` runs over: an enum or a const list.
    pub(super) fn key_set(&mut self, keys: &Expr) -> (Ty, Option<Arc<[ConstValue]>>) {
        if let ExprKind::Name(name) = &keys.kind
            && self.local(name).is_none()
            && let Some(Res::Def(def)) = resolve(self.db, self.file, name)
            && def.kind(self.db) == DefKind::Enum
        {
            self.note(keys.span, Res::Def(def));
            let key = Ty::Enum(def);
            let values = self.keys_of(&key);
            return (key, values);
        }
        if let ExprKind::Field { base, name, .. } = &keys.kind
            && let ExprKind::Name(module) = &base.kind
            && self.local(module).is_none()
            && let Some(Res::Module(file)) = resolve(self.db, self.file, module)
            && let Some(def) = crate::scope::scope(self.db, file).names.get(&name.text)
            && def.kind(self.db) == DefKind::Enum
        {
            let module = Name { text: module.clone(), span: base.span };
            self.module_member(&module, name);
            self.note(keys.span, Res::Def(*def));
            let key = Ty::Enum(*def);
            let values = self.keys_of(&key);
            return (key, values);
        }
        let val = self.expr(keys, None);
        let element = match val.ty.single() {
            Ty::List(element) => Ty::clone(element),
            Ty::Family(family) => family.member.clone(),
            Ty::Error => Ty::Error,
            other => {
                let shown = self.show(other);
                let finding = self
                    .finding(Code::TypeMismatch, keys.span, "this cannot be iterated")
                    .label(format!("{a}, not a list", a = super::article(&shown)))
                    .help("iterate a list, a family or an enum");
                self.report(finding);
                Ty::Error
            }
        };
        let values = match val.norm {
            Norm::Value(ConstValue::List(items)) => Some(items),
            _ => None,
        };
        (element, values)
    }

    fn lower_path(&mut self, path: &Path, args: &[TypeArg]) -> Ty {
        let Some((name, def)) = self.type_def(path) else { return Ty::Error };
        let Some(def) = def else {
            let Some((_, builtin)) = BUILTIN.iter().find(|(builtin, _)| *builtin == name.text) else {
                return Ty::Error;
            };
            if name.text == "json" {
                return self.lower_json(path, args);
            }
            self.no_arguments(path, args);
            return builtin.clone();
        };
        match def.kind(self.db) {
            DefKind::Enum => {
                self.no_arguments(path, args);
                Ty::Enum(def)
            }
            DefKind::Struct => {
                self.no_arguments(path, args);
                Ty::Struct(def)
            }
            DefKind::Artifact => Ty::Artifact(def, self.type_arguments(def, path, args).into()),
            kind => {
                let finding = self
                    .finding(Code::UnknownType, path.span, format!("`{}` is {}, not a type", name.text, kind.noun()))
                    .label("not a type");
                self.report(finding);
                Ty::Error
            }
        }
    }

    /// The last name of a type's path with what it leads to; `None` as the second for a built-in type.
    fn type_def(&mut self, path: &Path) -> Option<(Name, Option<Def>)> {
        match path.segments.as_slice() {
            [name] if name.is_missing() => None,
            [name] => match resolve(self.db, self.file, &name.text) {
                Some(Res::Def(def)) => {
                    self.note(name.span, Res::Def(def));
                    Some((name.clone(), Some(def)))
                }
                _ if BUILTIN.iter().any(|(builtin, _)| *builtin == name.text) => Some((name.clone(), None)),
                Some(_) => {
                    let finding = self
                        .finding(Code::UnknownType, name.span, format!("`{}` is not a type", name.text))
                        .label("not a type");
                    self.report(finding);
                    None
                }
                None => {
                    self.unknown_type(name);
                    None
                }
            },
            [module, name] => {
                let def = self.module_member(module, name)?;
                Some((name.clone(), Some(def)))
            }
            _ => {
                let finding = self
                    .finding(Code::UnknownType, path.span, "a type is a name, or a module and a name")
                    .label("too many dots");
                self.report(finding);
                None
            }
        }
    }

    fn unknown_type(&mut self, name: &Name) {
        const ELSEWHERE: [(&str, &str); 8] = [
            ("str", "string"),
            ("text", "string"),
            ("boolean", "bool"),
            ("integer", "int"),
            ("number", "int"),
            ("dir", "opaque"),
            ("directory", "opaque"),
            ("binary", "exec"),
        ];
        if has_nameless(self.db, self.file) {
            return;
        }
        let typed = name.text.as_str();
        let elsewhere = ELSEWHERE.iter().find(|(other, _)| typed.eq_ignore_ascii_case(other)).map(|(_, ours)| *ours);
        let visible = visible(self.db, self.file);
        let near = elsewhere.or_else(|| {
            nearest(typed, BUILTIN.iter().map(|(name, _)| *name).chain(visible.iter().map(SmolStr::as_str)))
        });
        let mut finding =
            self.finding(Code::UnknownType, name.span, format!("there is no type `{typed}`")).label("not found");
        finding = match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None => finding.help("declare it with `enum`, `struct` or `artifact`, or import it with `use`"),
        };
        self.report(finding);
    }

    fn lower_json(&mut self, path: &Path, args: &[TypeArg]) -> Ty {
        let [TypeArg::Expr(arg)] = args else {
            let finding = self
                .finding(Code::TypeArguments, path.span, "`json` takes the type of what it holds")
                .label("as in `json(Meta)`");
            self.report(finding);
            return Ty::Error;
        };
        match self.read_as_type(arg) {
            Some(ty) if self.json_type(&ty, arg.span) => Ty::Json(Arc::new(ty)),
            _ => Ty::Error,
        }
    }

    /// An expression in the place of a type: `Meta`, `[Meta]`, `string`.
    fn read_as_type(&mut self, e: &Expr) -> Option<Ty> {
        match &e.kind {
            ExprKind::Name(name) => {
                let name = Name { text: name.clone(), span: e.span };
                let path = Path { segments: vec![name], span: e.span };
                Some(self.lower_path(&path, &[]))
            }
            ExprKind::List(elements) => match elements.as_slice() {
                [element] if !element.spread => Some(Ty::List(Arc::new(self.read_as_type(&element.value)?))),
                _ => self.no_type(e.span),
            },
            ExprKind::Field { base, name, .. } => match &base.kind {
                ExprKind::Name(module) => {
                    let module = Name { text: module.clone(), span: base.span };
                    let path = Path { segments: vec![module, name.clone()], span: e.span };
                    Some(self.lower_path(&path, &[]))
                }
                _ => self.no_type(e.span),
            },
            _ => self.no_type(e.span),
        }
    }

    fn no_type(&mut self, span: Span) -> Option<Ty> {
        let finding = self.finding(Code::UnknownType, span, "a type is needed here").label("not a type");
        self.report(finding);
        None
    }

    fn no_arguments(&mut self, path: &Path, args: &[TypeArg]) {
        if args.is_empty() {
            return;
        }
        let name = path.segments.last().map_or("", |name| name.text.as_str());
        let finding = self
            .finding(Code::TypeArguments, path.span, format!("the type `{name}` takes no arguments"))
            .label("only artifacts and `json` do");
        self.report(finding);
    }

    fn type_arguments(&mut self, def: Def, path: &Path, args: &[TypeArg]) -> Vec<Norm> {
        let params = &signature(self.db, def).params;
        let name = def.name(self.db);
        if broken(self.db, def) {
            return vec![Norm::Unknown; params.len()];
        }
        if args.len() > params.len() || params.iter().skip(args.len()).any(|param| !param.optional) {
            let wanted = list(params.iter().map(|param| param.name.as_str()));
            let finding = self
                .finding(
                    Code::TypeArguments,
                    path.span,
                    match params.len() {
                        0 => format!("`{name}` takes no arguments"),
                        1 => format!("`{name}` takes 1 const argument, not {}", args.len()),
                        n => format!("`{name}` takes {n} const arguments, not {}", args.len()),
                    },
                )
                .label(if params.is_empty() {
                    "it has no parameters".to_owned()
                } else {
                    format!("its parameters: {wanted}")
                })
                .related(crate::scope::name_place(self.db, def), "declared here");
            self.report(finding);
            return vec![Norm::Unknown; params.len()];
        }
        let mut norms = Vec::with_capacity(params.len());
        for (index, param) in params.iter().enumerate() {
            norms.push(match args.get(index) {
                Some(TypeArg::Any(_)) => Norm::Any,
                Some(TypeArg::Expr(arg)) => {
                    let val = self.check_expr(arg, &param.ty, &format!("`{}` of `{name}` is", param.name));
                    self.require_const(arg, &val, &format!("the argument `{}` of `{name}`", param.name));
                    val.norm
                }
                None => default_norm(self, def, &param.name),
            });
        }
        norms
    }
}

/// The value that a parameter has when no argument is given.
pub(super) fn default_norm(infer: &Infer<'_>, def: Def, param: &str) -> Norm {
    crate::eval::default_value(infer.db, def, param).map_or(Norm::Unknown, Norm::Value)
}

/// Whether a type has a `_` for an argument.
fn is_open(ty: &Ty) -> bool {
    match ty {
        Ty::Artifact(_, args) => args.contains(&Norm::Any),
        Ty::List(inner) | Ty::Optional(inner) => is_open(inner),
        Ty::Family(family) => is_open(&family.member),
        _ => false,
    }
}
