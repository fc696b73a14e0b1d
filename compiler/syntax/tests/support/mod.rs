//! What the parser's tests share: a compact dump of the tree, and programs to work with.
#![allow(dead_code, unreachable_pub)]

use flow_syntax::tree::*;
use flow_syntax::{Parse, Placed, Span, parse};

/// The program that docs/reference begins with.
pub const FIRST: &str = include_str!("../programs/first.flow");

/// The dump of all items, one a line, then the errors, one a line.
pub fn check(text: &str) -> String {
    let parse = parse(text);
    let mut out: Vec<String> = parse.items.iter().map(item).collect();
    out.extend(errors(&parse));
    out.join("\n")
}

/// The errors as `F0111@3..4 headline`.
pub fn errors(parse: &Parse) -> Vec<String> {
    parse.errors.iter().map(|it| format!("{} {:?} {}", it.code, it.primary.place, it.headline)).collect()
}

/// The only item's dump; no errors are allowed.
pub fn clean(text: &str) -> String {
    let parse = parse(text);
    assert_eq!(errors(&parse), Vec::<String>::new(), "in {text}");
    parse.items.iter().map(item).collect::<Vec<_>>().join("\n")
}

/// The dump of the statements in a job's body; no errors are allowed.
pub fn clean_body(body: &str) -> String {
    let dump = clean(&format!("job j() {{\n{body}\n}}"));
    dump.strip_prefix("(job j () ").and_then(|it| it.strip_suffix(')')).unwrap_or(&dump).to_owned()
}

/// The dump of an expression; no errors are allowed.
pub fn clean_expr(text: &str) -> String {
    let dump = clean(&format!("const C = {text}"));
    dump.strip_prefix("(const C ").and_then(|it| it.strip_suffix(')')).unwrap_or(&dump).to_owned()
}

/// The dump of the statements in a job's body, then its errors.
pub fn check_body(body: &str) -> String {
    check(&format!("job j() {{\n{body}\n}}")).replacen("(job j () ", "", 1).replacen("])", "]", 1)
}

pub fn item(placed: &Placed) -> String {
    let item = &placed.item;
    let docs = docs(&item.docs);
    let inner = match &item.kind {
        ItemKind::Use(it) => {
            let target = match &it.target {
                UseTarget::Module(it) => path(it),
                UseTarget::File(it) => text(it),
            };
            format!("(use {target}{})", opt(" as ", it.alias.as_ref().map(name)))
        }
        ItemKind::Const(it) => {
            format!("(const {}{} {})", name(&it.name), opt(" : ", it.ty.as_ref().map(ty)), expr(&it.value))
        }
        ItemKind::Fn(it) => {
            format!("(fn {} {} -> {} {})", name(&it.name), params(&it.params), ty(&it.result), expr(&it.value))
        }
        ItemKind::Enum(it) => {
            let variants = it.variants.iter().map(|it| format!("{}{}", self::docs(&it.docs), name(&it.name)));
            format!("(enum {} {})", name(&it.name), join(variants))
        }
        ItemKind::Struct(it) => {
            let fields = it.fields.iter().map(|it| {
                let default = opt(" = ", it.default.as_ref().map(expr));
                format!("({}{}: {}{default})", self::docs(&it.docs), name(&it.name), ty(&it.ty))
            });
            format!("(struct {} {})", name(&it.name), join(fields))
        }
        ItemKind::Artifact(it) => {
            format!("(artifact {} {} {})", name(&it.name), params(&it.params), fields(&it.fields))
        }
        ItemKind::Secret(it) => {
            let mark = if it.optional { "?" } else { "" };
            format!("(secret {}{mark}{})", name(&it.name), opt(" ", it.sources.as_ref().map(map)))
        }
        ItemKind::Action(it) => {
            let once = if it.once { "once " } else { "" };
            let by = if it.by.is_empty() { String::new() } else { format!(" by ({})", join(it.by.iter().map(name))) };
            let (params, outputs) = (params(&it.params), outputs(it.outputs.as_ref()));
            format!("({once}action {} {params}{outputs}{by} {})", name(&it.name), body(&it.body))
        }
        ItemKind::Extern(it) => {
            let kind = if it.kind == ExternKind::Job { "job" } else { "action" };
            let task = if it.task { "task " } else { "" };
            let fields = it.fields.iter().map(extern_field);
            format!("(extern {kind} {} {task}{} {})", name(&it.name), text(&it.reference), join(fields))
        }
        ItemKind::Job(it) => {
            let runner = opt(" on ", it.runner.as_ref().map(expr));
            let (params, outputs) = (params(&it.params), outputs(it.outputs.as_ref()));
            format!("(job {} {params}{outputs}{runner} {})", name(&it.name), body(&it.body))
        }
        ItemKind::Flow(it) => {
            format!(
                "(flow {} {}{} {})",
                name(&it.name),
                params(&it.params),
                outputs(it.outputs.as_ref()),
                body(&it.body)
            )
        }
        ItemKind::Pipeline(it) => {
            format!("(pipeline {}{} {})", name(&it.name), outputs(it.outputs.as_ref()), body(&it.body))
        }
        ItemKind::Test(it) => format!("(test {} {})", text(&it.title), body(&it.body)),
        ItemKind::Hole => "(junk)".to_owned(),
    };
    format!("{docs}{inner}")
}

fn docs(docs: &Docs) -> String {
    docs.text().map(|it| format!("/{}/ ", it.replace('\n', "|"))).unwrap_or_default()
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn opt(before: &str, value: Option<String>) -> String {
    value.map(|it| format!("{before}{it}")).unwrap_or_default()
}

fn name(name: &Name) -> String {
    if name.is_missing() { "_?".to_owned() } else { name.text.to_string() }
}

fn path(path: &Path) -> String {
    path.segments.iter().map(name).collect::<Vec<_>>().join(".")
}

fn params(params: &[Param]) -> String {
    let params = params.iter().map(|it| {
        let mode = match it.mode {
            ParamMode::Plain => "",
            ParamMode::Const => "const ",
            ParamMode::Out => "out ",
        };
        let default = opt(" = ", it.default.as_ref().map(expr));
        let merge = opt(" merge ", it.merge.as_ref().map(name));
        format!("({}{mode}{}: {}{default}{merge})", docs(&it.docs), name(&it.name), ty(&it.ty))
    });
    format!("({})", join(params))
}

fn outputs(outputs: Option<&Vec<Output>>) -> String {
    let Some(outputs) = outputs else { return String::new() };
    let outputs = outputs.iter().map(|it| {
        let always = if it.always { "always " } else { "" };
        let path = opt(" = ", it.path.as_ref().map(text));
        format!("({}{always}{}: {}{path})", docs(&it.docs), name(&it.name), ty(&it.ty))
    });
    format!(" -> ({})", join(outputs))
}

fn fields(fields: &[FieldDecl]) -> String {
    let fields = fields.iter().map(|it| match it {
        FieldDecl::Field(it) => {
            let path = opt(" = ", it.path.as_ref().map(text));
            format!("({}{}: {}{path})", docs(&it.docs), name(&it.name), ty(&it.ty))
        }
        FieldDecl::If(branches) => {
            let branches = branches.iter().map(|it| match &it.condition {
                Some(condition) => format!("{} {}", expr(condition), self::fields(&it.fields)),
                None => format!("else {}", self::fields(&it.fields)),
            });
            format!("(if {})", join(branches))
        }
        FieldDecl::Match { value, arms, .. } => {
            let arms = arms.iter().map(|it| format!("({} => {})", patterns(&it.patterns), self::fields(&it.fields)));
            format!("(match {} {})", expr(value), join(arms))
        }
        FieldDecl::Hole(_) => "_?".to_owned(),
    });
    format!("{{{}}}", join(fields))
}

fn extern_field(field: &ExternField) -> String {
    match field {
        ExternField::Port(it) => {
            let direction = match it.direction {
                PortDirection::In => "in",
                PortDirection::Out => "out",
                PortDirection::Secret => "secret",
            };
            let foreign = opt(" as ", it.foreign.as_ref().map(text));
            let ty = opt(": ", it.ty.as_ref().map(ty));
            let default = opt(" = ", it.default.as_ref().map(expr));
            let joined = opt(" joined ", it.joined.as_ref().map(text));
            format!("({}{direction} {}{foreign}{ty}{default}{joined})", docs(&it.docs), name(&it.name))
        }
        ExternField::Permissions(it) => format!("(permissions {})", map(it)),
        ExternField::Hole(_) => "_?".to_owned(),
    }
}

pub fn ty(ty: &Type) -> String {
    match &ty.kind {
        TypeKind::Hole => "_?".to_owned(),
        TypeKind::Path { path, args } if args.is_empty() => self::path(path),
        TypeKind::Path { path, args } => {
            let args = args.iter().map(|it| match it {
                TypeArg::Any(_) => "_".to_owned(),
                TypeArg::Expr(it) => expr(it),
            });
            format!("{}({})", self::path(path), join(args))
        }
        TypeKind::List(it) => format!("[{}]", self::ty(it)),
        TypeKind::Family { key: FamilyKey::Type(key), member } => format!("[{}: {}]", self::ty(key), self::ty(member)),
        TypeKind::Family { key: FamilyKey::Binder { name, keys }, member } => {
            format!("[{} in {}: {}]", self::name(name), expr(keys), self::ty(member))
        }
        TypeKind::Optional(it) => format!("{}?", self::ty(it)),
    }
}

pub fn body(body: &Body) -> String {
    format!("[{}]", join(body.stmts.iter().map(stmt)))
}

fn map(map: &Map) -> String {
    let entries = map.entries.iter().map(|it| match &it.value {
        EntryValue::Expr(value) => format!("{}={}", name(&it.key), expr(value)),
        EntryValue::Map(value) => format!("{}{}", name(&it.key), self::map(value)),
    });
    format!("{{{}}}", join(entries))
}

fn stmt(stmt: &Stmt) -> String {
    let inner = match &stmt.kind {
        StmtKind::Setting(it) => setting(it),
        StmtKind::Let { name, ty, value } => {
            let (ty, value) = (opt(": ", ty.as_ref().map(self::ty)), opt(" = ", value.as_ref().map(source)));
            format!("(let {}{ty}{value})", self::name(name))
        }
        StmtKind::Out { place, value } => format!("(out {} {})", self::place(place), source(value)),
        StmtKind::Export { name, value } => format!("(export {} {})", self::name(name), expr(value)),
        StmtKind::AddPath(it) => format!("(add_path {})", expr(it)),
        StmtKind::Summary(it) => format!("(summary {})", expr(it)),
        StmtKind::Checkout(it) => format!("(checkout {})", map(it)),
        StmtKind::Expose { value, title, options } => {
            let (title, options) = (opt(" as ", title.as_ref().map(text)), opt(" ", options.as_ref().map(map)));
            format!("(expose {}{title}{options})", expr(value))
        }
        StmtKind::Gate { title, after } => {
            format!("(gate {}{})", text(title), opt(" after ", after.as_ref().map(expr)))
        }
        StmtKind::After { after, body } => format!("(after {} {})", expr(after), self::body(body)),
        StmtKind::Stage { title, body } => format!("(stage {} {})", text(title), self::body(body)),
        StmtKind::Finally(it) => format!("(finally {})", body(it)),
        StmtKind::OnFailure(it) => format!("(on_failure {})", body(it)),
        StmtKind::Source(it) => source(it),
        StmtKind::Hole => "_?".to_owned(),
    };
    format!("{}{inner}", docs(&stmt.docs))
}

fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Value { name, value } => format!("(set {} {})", self::name(name), expr(value)),
        Setting::Map { name, map } => format!("(set {} {})", self::name(name), self::map(map)),
        Setting::Service { name, map } => format!("(service {} {})", self::name(name), self::map(map)),
        Setting::Cache { name, map } => format!("(cache {} {})", self::name(name), self::map(map)),
        Setting::Raw { backend, value: RawValue::Map(map) } => format!("(raw {} {})", name(backend), self::map(map)),
        Setting::Raw { backend, value: RawValue::Text(text) } => {
            format!("(raw {} {})", name(backend), self::text(text))
        }
        Setting::Trigger { event, finished, filters } => {
            let (finished, filters) = (opt(" ", finished.as_ref().map(name)), opt(" ", filters.as_ref().map(map)));
            format!("(on {}{finished}{filters})", path(event))
        }
        Setting::Param { name, ty, default } => {
            format!("(param {}: {}{})", self::name(name), self::ty(ty), opt(" = ", default.as_ref().map(expr)))
        }
        Setting::Extends { backend, map } => format!("(extends {} {})", name(backend), self::map(map)),
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Script(it) => format!("({} {})", it.shell.word(), text(&it.text)),
        Source::Step(it) => format!("(step {} {})", text(&it.title), body(&it.body)),
        Source::Foreign(it) => {
            let word = if it.task { "task" } else { "uses" };
            format!("({word} {}{})", text(&it.reference), opt(" ", it.inputs.as_ref().map(map)))
        }
        Source::Expr(it) => expr(it),
    }
}

fn place(place: &Place) -> String {
    let steps = place.steps.iter().map(|it| match it {
        PlaceStep::Field(it) => format!(".{}", name(it)),
        PlaceStep::Index(it) => format!("[{}]", expr(it)),
    });
    format!("{}{}", name(&place.root), steps.collect::<String>())
}

pub fn expr(expr: &Expr) -> String {
    let e = self::expr;
    match &expr.kind {
        ExprKind::Hole => "_?".to_owned(),
        ExprKind::Int(it) => it.to_string(),
        ExprKind::Duration(it) => format!("{it}ms"),
        ExprKind::Bool(it) => it.to_string(),
        ExprKind::None => "none".to_owned(),
        ExprKind::Text(it) => text(it),
        ExprKind::Name(it) => it.to_string(),
        ExprKind::List(it) => {
            let elements = it.iter().map(|it| format!("{}{}", if it.spread { "..." } else { "" }, e(&it.value)));
            format!("(list {})", join(elements)).replace("(list )", "(list)")
        }
        ExprKind::Unary { op, operand } => {
            format!("({} {})", if *op == UnaryOp::Not { "!" } else { "neg" }, e(operand))
        }
        ExprKind::Binary { op, left, right, .. } => format!("({} {} {})", op.symbol(), e(left), e(right)),
        ExprKind::Field { base, optional, name } => {
            format!("({}{} {})", if *optional { "?." } else { "." }, self::name(name), e(base))
        }
        ExprKind::Index { base, index } => format!("(index {} {})", e(base), e(index)),
        ExprKind::Call { callee, args, .. } => {
            let args = args.iter().map(|it| {
                let name = it.name.as_ref().map(|it| format!("{}:", self::name(it))).unwrap_or_default();
                match &it.value {
                    ArgValue::Expr(it) => format!(" {name}{}", e(it)),
                    ArgValue::Out(it) => format!(" {name}out {}", place(it)),
                    ArgValue::Spread(it) => format!(" ...{}", e(it)),
                }
            });
            format!("(call {}{})", e(callee), args.collect::<String>())
        }
        ExprKind::Ordered { base, title, after } => {
            let title = opt(" as ", title.as_ref().map(text));
            format!("(ordered {}{title}{})", e(base), opt(" after ", after.as_deref().map(e)))
        }
        ExprKind::If(it) => branch(it),
        ExprKind::For(it) => {
            let filter = opt(" if ", it.filter.as_ref().map(e));
            format!("(for {} {}{filter} {})", name(&it.name), e(&it.iterable), body(&it.body))
        }
        ExprKind::Match(it) => {
            let arms = it.arms.iter().map(|it| {
                let value = match &it.value {
                    ArmValue::Body(it) => body(it),
                    ArmValue::Source(it) => source(it),
                };
                format!(" ({} => {value})", patterns(&it.patterns))
            });
            format!("(match {}{})", e(&it.value), arms.collect::<String>())
        }
    }
}

fn branch(it: &If) -> String {
    let otherwise = match &it.otherwise {
        None => String::new(),
        Some(Else::Body(it)) => format!(" {}", body(it)),
        Some(Else::If(it, _)) => format!(" {}", branch(it)),
    };
    format!("(if {} {}{otherwise})", expr(&it.condition), body(&it.then))
}

fn patterns(patterns: &[Pattern]) -> String {
    let patterns = patterns.iter().map(|it| match &it.kind {
        PatternKind::Any => "_".to_owned(),
        PatternKind::None => "none".to_owned(),
        PatternKind::Bool(it) => it.to_string(),
        PatternKind::Path(it) => path(it),
        PatternKind::Int(it) => it.to_string(),
        PatternKind::Text(it) => format!("{it:?}"),
        PatternKind::Hole => "_?".to_owned(),
    });
    patterns.collect::<Vec<_>>().join("|")
}

/// A text as `"literal" #{hole}`, in one pair of quotes where it has no hole.
pub fn text(text: &Text) -> String {
    let mut out = String::new();
    for part in &text.parts {
        match part {
            TextPart::Literal { value, .. } => out.push_str(&value.escape_debug().to_string()),
            TextPart::Hole(Hole { kind: HoleKind::Read { value, spread }, .. }) => {
                out.push_str(&format!("#{{{}{}}}", expr(value), if *spread { "..." } else { "" }));
            }
            TextPart::Hole(Hole { kind: HoleKind::Claim(it), .. }) => out.push_str(&format!("#{{out {}}}", place(it))),
        }
    }
    format!("\"{out}\"")
}

/// Where a span of an item points to in the file.
pub fn at<'t>(file: &'t str, placed: &Placed, span: Span) -> &'t str {
    span.shift(placed.start).text(file)
}
