//! `a.b` and `a[i]`.

use flow_syntax::tree::{Expr, ExprKind, Name};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Infer, Phase, Val, signature};
use crate::db::{Def, DefKind, File, broken, has_nameless};
use crate::scope::{Res, resolve, scope, variants};
use crate::suggest::{list, nearest};
use crate::ty::{Family, Ty};
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    pub(super) fn field(&mut self, base: &Expr, optional: bool, name: &Name, span: Span) -> Val {
        if let ExprKind::Name(word) = &base.kind
            && self.local(word).is_none()
        {
            match resolve(self.db, self.file, word) {
                Some(Res::Module(_)) => return self.module_value(base, name, span),
                Some(Res::Ctx) => {
                    self.note(base.span, Res::Ctx);
                    return self.ctx_member(name);
                }
                Some(Res::Def(def)) if def.kind(self.db) == DefKind::Enum => {
                    self.note(base.span, Res::Def(def));
                    return self.enum_member(def, name, span);
                }
                _ => {}
            }
        }
        if let Some(def) = self.module_enum(base) {
            return self.enum_member(def, name, span);
        }
        if self.is_native(base) {
            return self.native_member(base, name);
        }
        let base_val = self.expr(base, None);
        if name.is_missing() || base_val.ty.is_error() {
            return Val::error();
        }
        let (inner, was_optional) = match &base_val.ty {
            Ty::Optional(inner) => (Ty::clone(inner), true),
            // A call with one output stands for that output, unless the output itself is named.
            Ty::Call(call)
                if call.def.kind(self.db) != DefKind::Pipeline
                    && call.outputs.iter().all(|(output, _)| *output != name.text) =>
            {
                match base_val.ty.single() {
                    Ty::Optional(inner) => (Ty::clone(inner), true),
                    _ => (base_val.ty.clone(), false),
                }
            }
            other => (other.clone(), false),
        };
        let Some(val) = self.member(&base_val, &inner, name) else { return Val::error() };
        if was_optional && !optional {
            self.of_missing(base, name, &inner);
            return Val::error();
        }
        if optional && !was_optional {
            self.never_missing(base, name);
        }
        if was_optional { Val { ty: val.ty.optional(), ..val } } else { val }
    }

    /// The field `name` of a value of type `ty`.
    fn member(&mut self, base: &Val, ty: &Ty, name: &Name) -> Option<Val> {
        let known: Vec<SmolStr> = match ty {
            Ty::Struct(def) => {
                let fields = &signature(self.db, *def).params;
                if let Some(field) = fields.iter().find(|field| field.name == name.text) {
                    let labels = self.labels_of_field(ty, base, &name.text, &field.ty);
                    return Some(Val { labels, ..Val::new(field.ty.clone(), base.phase) });
                }
                fields.iter().map(|field| field.name.clone()).collect()
            }
            Ty::Artifact(def, args) => {
                let params = &signature(self.db, *def).params;
                if let Some(index) = params.iter().position(|param| param.name == name.text) {
                    let ty = params.get(index).map_or(Ty::Error, |param| param.ty.clone());
                    let norm = args.get(index).cloned().unwrap_or(Norm::Unknown);
                    return Some(Val::constant(ty, norm));
                }
                let fields = self.fields_of(*def, args);
                if let Some(field) = fields.iter().find(|field| field.name == name.text) {
                    if !self.field_is_sure(*def, args, field, name.span) {
                        return None;
                    }
                    return Some(Val { labels: base.labels, ..Val::new(field.ty.clone(), Phase::Run) });
                }
                fields.iter().map(|field| field.name.clone()).chain(params.iter().map(|it| it.name.clone())).collect()
            }
            Ty::Call(call) => {
                if let Some((_, ty)) = call.outputs.iter().find(|(output, _)| *output == name.text) {
                    let labels = self.labels_of_field(&Ty::Call(std::sync::Arc::clone(call)), base, &name.text, ty);
                    return Some(Val { labels, ..Val::new(ty.clone(), Phase::Run) });
                }
                // A call with one output stands for that output.
                if let [(_, only)] = call.outputs.as_slice()
                    && matches!(only, Ty::Artifact(..) | Ty::Struct(_))
                {
                    let only = only.clone();
                    return self.member(base, &only, name);
                }
                if call.def.kind(self.db) == DefKind::Pipeline {
                    self.unknown_exposed(call, name);
                    return None;
                }
                call.outputs.iter().map(|(output, _)| output.clone()).collect()
            }
            // How many members there are is known before they are.
            Ty::Family(family) if name.text == "len" => {
                let norm = family.keys.as_ref().and_then(|keys| i64::try_from(keys.len()).ok());
                return Some(Val::constant(
                    Ty::Int,
                    norm.map_or(Norm::Unknown, |len| Norm::Value(ConstValue::Int(len))),
                ));
            }
            Ty::Family(family) => {
                let member = Val { ty: family.member.clone(), norm: Norm::Unknown, ..base.clone() };
                let inner = family.member.clone();
                let val = self.member(&member, &inner, name)?;
                let ty = Ty::Family(std::sync::Arc::new(Family { member: val.ty.clone(), ..Family::clone(family) }));
                return Some(Val { norm: Norm::Unknown, ty, ..val });
            }
            Ty::Foreign if name.text == "outputs" => {
                return Some(Val { labels: base.labels, ..Val::new(super::foreign::outputs(), Phase::Run) });
            }
            Ty::Foreign => vec![SmolStr::new_static("outputs")],
            Ty::List(_) if name.text == "len" => return Some(Val::made(Ty::Int, [base])),
            // Of each element.
            Ty::List(inner) if matches!(**inner, Ty::Call(_) | Ty::Struct(_)) => {
                let inner = Ty::clone(inner);
                let val = self.member(base, &inner, name)?;
                return Some(Val { ty: Ty::List(std::sync::Arc::new(val.ty)), norm: Norm::Unknown, ..val });
            }
            Ty::Json(inner) => {
                // What it holds as a whole, unless that has a field of this name.
                let own = matches!(&**inner, Ty::Struct(def) if signature(self.db, *def).params.iter().any(|it| it.name == name.text));
                if name.text == super::view::JSON_VALUE && !own {
                    return Some(Val { labels: base.labels, ..Val::new(Ty::clone(inner), Phase::Run) });
                }
                let inner = Ty::clone(inner);
                let holds = Val { ty: inner.clone(), phase: Phase::Run, norm: Norm::Unknown, ..base.clone() };
                return self.member(&holds, &inner, name);
            }
            _ => Vec::new(),
        };
        if let Ty::Struct(def) | Ty::Artifact(def, _) = ty
            && broken(self.db, *def)
        {
            return None;
        }
        let shown = self.show(ty);
        let mut finding = self
            .finding(Code::UnknownField, name.span, format!("{a} has no `{}`", name.text, a = super::article(&shown)))
            .label("no such field");
        if let Some(near) = nearest(&name.text, known.iter().map(SmolStr::as_str)) {
            finding = finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            );
        } else if super::method::METHODS.contains(&name.text.as_str())
            && matches!(ty, Ty::String | Ty::Path | Ty::List(_))
        {
            finding = finding.help(format!("call it: `.{}(…)`", name.text));
        } else if *ty == Ty::Opaque {
            finding = finding
                .note("an `opaque` directory is consumed as a whole")
                .help("a file that has to be in it is `.assert_exists(\"path\")`");
        } else if name.text == "len" && matches!(ty, Ty::String | Ty::Path) {
            finding = finding
                .note("a text has no length that all systems count alike: bytes, characters, letters")
                .help("ask `.is_empty()`, or compare the text");
        } else if known.is_empty() {
            finding = finding.note(format!("{a} has no fields", a = super::article(&shown)));
        } else {
            finding = finding.help(format!("it has {}", list(known.iter().map(SmolStr::as_str))));
        }
        if let Ty::Struct(def) | Ty::Artifact(def, _) = ty {
            finding = finding.related(crate::scope::name_place(self.db, *def), "declared here");
        }
        self.report(finding);
        None
    }

    fn enum_member(&mut self, def: Def, name: &Name, span: Span) -> Val {
        if name.is_missing() {
            return Val::error();
        }
        if variants(self.db, def).contains(&name.text) {
            return self.variant(span, def, name.text.clone());
        }
        self.unknown_variant(def, &name.text, name.span);
        Val::error()
    }

    /// `common.Profile`, before a variant.
    fn module_enum(&mut self, e: &Expr) -> Option<Def> {
        let ExprKind::Field { base, name, .. } = &e.kind else { return None };
        let ExprKind::Name(module) = &base.kind else { return None };
        let Some(Res::Module(file)) = resolve(self.db, self.file, module) else { return None };
        if self.local(module).is_some() {
            return None;
        }
        let def = scope(self.db, file).names.get(&name.text)?;
        if def.kind(self.db) != DefKind::Enum {
            return None;
        }
        let module = Name { text: module.clone(), span: base.span };
        let def = self.module_member(&module, name)?;
        self.note(e.span, Res::Def(def));
        Some(def)
    }

    fn module_value(&mut self, base: &Expr, name: &Name, span: Span) -> Val {
        let ExprKind::Name(module) = &base.kind else { return Val::error() };
        let module = Name { text: module.clone(), span: base.span };
        let Some(def) = self.module_member(&module, name) else { return Val::error() };
        self.note(span, Res::Def(def));
        match def.kind(self.db) {
            DefKind::Const => self.constant(def),
            kind => {
                let finding = self
                    .finding(
                        Code::WrongKind,
                        span,
                        format!("`{}.{}` is {}, not a value", module.text, name.text, kind.noun()),
                    )
                    .label("not a value");
                self.report(finding);
                Val::error()
            }
        }
    }

    /// The declaration `module.name`.
    pub(super) fn module_member(&mut self, module: &Name, name: &Name) -> Option<Def> {
        let file: File = match resolve(self.db, self.file, &module.text) {
            Some(Res::Module(file)) => file,
            // An import of nothing was reported where it stands.
            Some(Res::Def(def)) if def.kind(self.db) == DefKind::Use => return None,
            Some(_) => {
                let finding = self
                    .finding(Code::WrongKind, module.span, format!("`{}` is not a module", module.text))
                    .label("not a module");
                self.report(finding);
                return None;
            }
            // An import of nothing may have been meant for it.
            None if !scope(self.db, self.file).findings.is_empty() || has_nameless(self.db, self.file) => return None,
            None => {
                let finding = self
                    .finding(Code::UnknownName, module.span, format!("there is no module `{}` here", module.text))
                    .label("not imported");
                let std = SmolStr::from(format!("std/{}.flow", module.text));
                let finding = if self.db.project().std(self.db).contains_key(&std) {
                    finding.help(format!("import it at the top of the file: `use std.{}`", module.text))
                } else {
                    finding.help("import it at the top of the file with `use`")
                };
                self.report(finding);
                return None;
            }
        };
        self.note(module.span, Res::Module(file));
        if name.is_missing() {
            return None;
        }
        let members = scope(self.db, file);
        let found = members.names.get(&name.text).copied().filter(|def| def.kind(self.db) != DefKind::Use);
        match found {
            Some(def) if name.text.starts_with('_') => {
                // Wrongly, but used.
                self.note(name.span, Res::Def(def));
                let finding = self
                    .finding(
                        Code::PrivateName,
                        name.span,
                        format!("`{}` is private to `{}`", name.text, file.path(self.db)),
                    )
                    .label("begins with `_`");
                self.report(finding);
                None
            }
            Some(def) => {
                self.note(name.span, Res::Def(def));
                Some(def)
            }
            None if has_nameless(self.db, file) => None,
            None => {
                let mut public: Vec<&str> =
                    members.names.keys().map(SmolStr::as_str).filter(|name| !name.starts_with('_')).collect();
                public.sort_unstable();
                let finding = self
                    .finding(Code::UnknownMember, name.span, format!("`{}` has no `{}`", module.text, name.text))
                    .label("no such member");
                let finding = match nearest(&name.text, public.iter().copied()) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                        format!("change it to `{near}`"),
                        self.at(name.span),
                        near,
                    ),
                    None => finding.help(format!("it has {}", list(public))),
                };
                self.report(finding);
                None
            }
        }
    }

    pub(super) fn index(&mut self, base: &Expr, index: &Expr) -> Val {
        let base_val = self.expr(base, None);
        // The list that a JSON file holds.
        let base_ty = match base_val.ty.single() {
            Ty::Json(inner) if matches!(**inner, Ty::List(_)) => Ty::clone(inner),
            other => other.clone(),
        };
        match &base_ty {
            Ty::Family(family) => {
                let family = Family::clone(family);
                let index_val = self.check_expr(index, &family.key, "the key of this family is");
                if !crate::ty::converts(self.db, &index_val.ty, &family.key) || index_val.ty.is_error() {
                    return Val::error();
                }
                self.require_const(index, &index_val, "the key of a family");
                if let (Norm::Value(key), Some(keys)) = (&index_val.norm, &family.keys)
                    && !keys.contains(key)
                {
                    self.unknown_key(index.span, key, keys);
                    return Val::error();
                }
                Val { ty: family.at(&index_val.norm).folded(self.db), norm: Norm::Unknown, ..base_val }
            }
            Ty::List(element) => {
                let element = Ty::clone(element);
                let index_val = self.check_expr(index, &Ty::Int, "the index of a list is");
                self.out_of_range(index, &index_val.norm, &base_val.norm);
                Val::made(element, [&base_val, &index_val])
            }
            Ty::Error => {
                self.expr(index, None);
                Val::error()
            }
            other => {
                let (shown, opaque) = (self.show(other), *other == Ty::Opaque);
                self.expr(index, None);
                let mut finding = self
                    .finding(Code::BadIndex, base.span, format!("{a} cannot be indexed", a = super::article(&shown)))
                    .label("not a list or a family");
                finding = match other {
                    Ty::Optional(_) => finding.help("say what to use where it is missing: `(… ?? [])[…]`"),
                    _ if opaque => finding.help("a file that has to be in a directory is `.assert_exists(\"path\")`"),
                    _ => finding.help("index a list by a number, a family by its key"),
                };
                self.report(finding);
                Val::error()
            }
        }
    }

    /// Reports an index that a list, known while compiling, does not have.
    fn out_of_range(&mut self, index: &Expr, at: &Norm, list: &Norm) {
        let Norm::Value(ConstValue::Int(at)) = at else { return };
        let known = match list {
            Norm::Value(ConstValue::List(items)) => Some(items.len()),
            _ => None,
        };
        let finding = if *at < 0 {
            self.finding(Code::BadIndex, index.span, format!("a list has no element {at}"))
                .label("negative")
                .note("elements are counted from 0")
        } else {
            let Some(len) = known.filter(|len| usize::try_from(*at).is_ok_and(|at| at >= *len)) else { return };
            let elements = if len == 1 { "1 element".to_owned() } else { format!("{len} elements") };
            self.finding(Code::BadIndex, index.span, format!("the list has {elements}, there is none at {at}"))
                .label("out of range")
                .note("elements are counted from 0")
        };
        let finding = match known {
            Some(0) => finding.help("the list is empty"),
            Some(len) => finding.help(format!("use an index from 0 to {}", len - 1)),
            None => finding.help("for the last element write `xs[xs.len - 1]`"),
        };
        self.report(finding);
    }

    pub(super) fn unknown_key(&mut self, span: Span, key: &ConstValue, keys: &[ConstValue]) {
        let key = key.display(self.db);
        let known: Vec<String> = keys.iter().map(|key| key.display(self.db)).collect();
        let finding =
            self.finding(Code::BadIndex, span, format!("the family has no member `{key}`")).label("no such key");
        let finding = match nearest(&key, known.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(span),
                near,
            ),
            None => finding.help(format!("its keys: {}", list(known.iter().map(String::as_str)))),
        };
        self.report(finding);
    }
}
