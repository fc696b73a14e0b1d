//! Mutants of expressions, arguments, branches and patterns.

use flow_syntax::Span;
use flow_syntax::tree::{Arg, ArgValue, ArmValue, BinaryOp, Else, Expr, ExprKind, If, Match, Pattern, PatternKind};

use super::Walk;

impl Walk<'_> {
    pub(super) fn condition(&mut self, e: &Expr) {
        let said = self.said(e.span).to_owned();
        self.replace("negate condition", e.span, &format!("!({said})"));
        self.expr(e);
    }

    pub(super) fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Hole | ExprKind::Int(_) | ExprKind::Duration(_) | ExprKind::None => {}
            ExprKind::Bool(it) => self.replace("flip", e.span, if *it { "false" } else { "true" }),
            ExprKind::Text(text) => self.text(text, false),
            ExprKind::Name(name) => self.name(e.span, name),
            ExprKind::List(elements) => {
                let spans: Vec<Span> = elements.iter().map(|it| it.value.span).collect();
                if elements.iter().all(|it| !it.spread) {
                    self.list("delete element", "swap elements", &spans);
                }
                elements.iter().for_each(|it| self.expr(&it.value));
            }
            ExprKind::Unary { operand, .. } => {
                let said = self.said(operand.span).to_owned();
                self.replace("delete operator", e.span, &said);
                self.expr(operand);
            }
            ExprKind::Binary { op, op_span, left, right } => {
                let other = match op {
                    BinaryOp::Or => "&&",
                    BinaryOp::And => "||",
                    BinaryOp::Eq => "!=",
                    BinaryOp::Ne => "==",
                    BinaryOp::Lt => ">=",
                    BinaryOp::Le => ">",
                    BinaryOp::Gt => "<=",
                    BinaryOp::Ge => "<",
                    BinaryOp::Coalesce | BinaryOp::Sub => "+",
                    BinaryOp::Add | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => "-",
                };
                self.replace("other operator", *op_span, other);
                let said = [self.said(left.span).to_owned(), self.said(right.span).to_owned()];
                self.replace("delete operand", e.span, &said[1]);
                self.replace("delete operand", e.span, &said[0]);
                self.swap("swap operands", left.span, right.span);
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Field { base, name, optional } => {
                if *optional {
                    let said = format!("{}.{}", self.said(base.span), name.text);
                    self.replace("delete `?`", e.span, &said);
                }
                self.field(name);
                let said = self.said(base.span).to_owned();
                self.replace("delete member", e.span, &said);
                self.expr(base);
            }
            ExprKind::Index { base, index } => {
                let said = self.said(base.span).to_owned();
                self.replace("delete index", e.span, &said);
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Call { callee, args, .. } => {
                match &callee.kind {
                    ExprKind::Name(name) => {
                        self.rename_word("rename function", callee.span);
                        for other in self.names.callables.clone() {
                            if other != name.as_str() {
                                self.replace("replace function", callee.span, &other);
                            }
                        }
                    }
                    ExprKind::Field { base, name, .. } => {
                        self.rename("rename function", name);
                        self.expr(base);
                    }
                    _ => {}
                }
                self.args(args);
            }
            ExprKind::Ordered { base, title, after } => {
                let mut end = base.span;
                if let Some(title) = title {
                    self.delete_between("delete `as`", self.range(end).1, self.range(title.span).1);
                    end = title.span;
                }
                if let Some(after) = after {
                    self.delete_between("delete `after`", self.range(end).1, self.range(after.span).1);
                    self.expr(after);
                }
                self.expr(base);
            }
            ExprKind::If(it) => self.choice(it, e.span),
            ExprKind::For(it) => {
                self.locals.insert(it.name.text.to_string());
                self.rename("rename binding", &it.name);
                self.expr(&it.iterable);
                if let Some(filter) = &it.filter {
                    self.condition(filter);
                    self.delete_between("delete filter", self.range(it.iterable.span).1, self.range(filter.span).1);
                }
                self.body(&it.body);
            }
            ExprKind::Match(it) => self.matching(it),
        }
    }

    pub(super) fn rename_word(&mut self, kind: &'static str, span: Span) {
        let said = self.said(span).to_owned();
        self.replace(kind, span, &format!("{said}x"));
    }

    pub(super) fn name(&mut self, span: Span, name: &str) {
        self.rename_word("rename use", span);
        if self.locals.contains(name) || self.names.values.contains(name) {
            self.other_value("replace name", span, name);
        } else if self.names.types.contains(name) {
            for other in self.names.types.clone() {
                if other != name {
                    self.replace("replace type", span, &other);
                }
            }
        } else if let Some(other) = self.names.other_variant(name) {
            let other = other.to_owned();
            self.replace("replace variant", span, &other);
        }
    }

    pub(super) fn args(&mut self, args: &[Arg]) {
        let spans: Vec<Span> = args.iter().map(|it| it.span).collect();
        self.list("delete argument", "swap arguments", &spans);
        for arg in args {
            if let Some(name) = &arg.name {
                self.rename("rename argument", name);
            }
            match &arg.value {
                ArgValue::Expr(e) => self.expr(e),
                ArgValue::Spread(e) => {
                    let said = self.said(e.span).to_owned();
                    self.replace("delete spread", arg.span, &said);
                    self.expr(e);
                }
                ArgValue::Out(place) => {
                    let said = self.said(place.span).to_owned();
                    self.replace("remove out", arg.span, &said);
                    self.place(place);
                }
            }
        }
    }

    pub(super) fn choice(&mut self, it: &If, span: Span) {
        self.condition(&it.condition);
        let inner = self.inside(&it.then);
        self.replace("delete guard", span, &inner);
        self.body(&it.then);
        match &it.otherwise {
            None => {}
            Some(Else::Body(otherwise)) => {
                self.delete_between("delete else", self.range(it.then.span).1, self.range(otherwise.span).1);
                self.swap("swap branches", it.then.span, otherwise.span);
                self.body(otherwise);
            }
            Some(Else::If(inner, span)) => {
                self.delete_between("delete else", self.range(it.then.span).1, self.range(*span).1);
                self.choice(inner, *span);
            }
        }
    }

    pub(super) fn matching(&mut self, it: &Match) {
        self.expr(&it.value);
        let mut values = Vec::new();
        for arm in &it.arms {
            self.delete("delete arm", arm.span);
            arm.patterns.iter().for_each(|it| self.pattern(it));
            match &arm.value {
                ArmValue::Body(body) => {
                    values.push(body.span);
                    self.body(body);
                }
                ArmValue::Source(source) => {
                    values.push(source.span());
                    self.source(source);
                }
            }
        }
        for pair in values.windows(2) {
            self.swap("swap arms", pair[0], pair[1]);
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        let PatternKind::Path(path) = &pattern.kind else { return };
        let Some(name) = path.segments.last() else { return };
        self.rename("rename pattern", name);
        if let Some(other) = self.names.other_variant(&name.text) {
            let other = other.to_owned();
            self.replace("replace pattern", name.span, &other);
        }
    }
}
