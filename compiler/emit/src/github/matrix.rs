//! Jobs that run once for each element of a list that is known later: GitHub's matrix.

use flow_plan::model::{Each, Job, Value, ValueType};

use super::expr::{Expr, Form, Scope};
use super::values::{Github, literal};
use crate::lower::Site;
use crate::yaml::Map;

/// The list that a loop runs over, as a list.
fn list(github: &Github<'_>, job: &Job, each: &Each) -> Result<Expr, String> {
    let words = || format!("GitHub has no words for {} here", flow_plan::show::value(&each.list));
    let said = Scope::new(github.facts, Some(job), Site::Job).say(&each.list).ok_or_else(words)?;
    Ok(match said.form {
        Form::Json => said.expr,
        _ => Expr::one(format!("fromJSON({})", said.expr.text)),
    })
}

/// That a loop has something to run for: GitHub takes no empty matrix.
pub(super) fn is_not_empty(github: &Github<'_>, job: &Job, each: &Each) -> Result<Expr, String> {
    let empty = Expr::text("[]");
    // What a step has published is compact.
    if let Value::Output { .. } = &each.list
        && let Some(said) = Scope::new(github.facts, Some(job), Site::Job).say(&each.list)
        && said.form == Form::Text
    {
        return Ok(said.expr.differs(empty));
    }
    Ok(Expr::one(format!("toJSON({})", list(github, job, each)?.text)).differs(empty))
}

/// The value of `strategy`: one leg for each element, and one that fails ends no other.
pub(super) fn strategy(github: &Github<'_>, job: &Job) -> Result<Map, String> {
    let mut matrix = Map::new();
    for each in &job.each {
        matrix.push(each.name.as_str(), format!("${{{{ {} }}}}", list(github, job, each)?.text));
    }
    Ok(Map::new().with("fail-fast", false).with("matrix", matrix))
}

/// The title of a leg: the elements that tell it from others.
pub(super) fn title(job: &Job, title: &str) -> String {
    if job.each.is_empty() {
        return literal(title);
    }
    let shown: Vec<String> = job.each.iter().map(shown).collect();
    format!("{} ({})", literal(title), shown.join(", "))
}

fn shown(each: &Each) -> String {
    let plain = |ty: &ValueType| !matches!(ty.present(), ValueType::List(_) | ValueType::Record { .. });
    match &each.ty {
        ty if plain(ty) => format!("${{{{ matrix.{} }}}}", each.name),
        ValueType::Record { fields, .. } => match fields.iter().find(|(_, ty)| plain(ty)) {
            Some((field, _)) => format!("${{{{ matrix.{}.{field} }}}}", each.name),
            None => "${{ strategy.job-index }}".to_owned(),
        },
        _ => "${{ strategy.job-index }}".to_owned(),
    }
}

/// What tells the artifacts of legs apart.
pub(super) const INDEX: &str = ".${{ strategy.job-index }}";
