//! Operators on values, with the language's meaning: texts bytewise, integers of 64 bits that do not
//! wrap, an empty text and `none` are one.
//!
//! Values tell by themselves what they are. It refuses to know where they come from.

use flow_plan::model::{Const, Op};

/// What an operator of values that are all known gives; `Err`: why it has no result, as a sentence's
/// end. `And`, `Or`, `If`, `Coalesce` and `Map` do not look at all of their operands, so whoever knows
/// these carries them out.
pub(crate) fn apply(op: &Op, args: &[Const]) -> Result<Const, String> {
    match (op, args) {
        (Op::Not, [it]) => Ok(Const::Bool(!truth(it)?)),
        (Op::Neg, [Const::Int(it)]) => whole(it.checked_neg()),
        (Op::Eq, [a, b]) => Ok(Const::Bool(equal(a, b))),
        (Op::Ne, [a, b]) => Ok(Const::Bool(!equal(a, b))),
        (Op::Lt, [a, b]) => compare(a, b).map(|it| Const::Bool(it.is_lt())),
        (Op::Le, [a, b]) => compare(a, b).map(|it| Const::Bool(it.is_le())),
        (Op::Gt, [a, b]) => compare(a, b).map(|it| Const::Bool(it.is_gt())),
        (Op::Ge, [a, b]) => compare(a, b).map(|it| Const::Bool(it.is_ge())),
        (Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem, [a, b]) => arithmetic(op, a, b),
        (Op::List, items) => Ok(Const::List(items.to_vec())),
        (Op::Concat, lists) => {
            let lists: Result<Vec<&[Const]>, String> = lists.iter().map(list).collect();
            Ok(Const::List(lists?.concat()))
        }
        (Op::Field(name), [it]) => field(it, name),
        (Op::Index, [of, Const::Int(at)]) => {
            let items = list(of)?;
            let found = usize::try_from(*at).ok().and_then(|at| items.get(at));
            found.cloned().ok_or_else(|| format!("there is no element {at} in a list of {}", items.len()))
        }
        (Op::Contains, [Const::List(items), wanted]) => Ok(Const::Bool(items.iter().any(|it| equal(it, wanted)))),
        (Op::Join, [items, by]) => {
            let texts: Vec<String> = list(items)?.iter().map(Const::text).collect();
            Ok(Const::Text(texts.join(&by.text())))
        }
        (Op::IsEmpty, [Const::List(items)]) => Ok(Const::Bool(items.is_empty())),
        (Op::Len, [Const::None]) => Ok(Const::None),
        (Op::Len, [items]) => Ok(Const::Int(i64::try_from(list(items)?.len()).unwrap_or(i64::MAX))),
        (op, [it, rest @ ..]) => text_method(op, &it.text(), rest),
        (op, []) => Err(format!("`{op:?}` has nothing to work on")),
    }
}

fn text_method(op: &Op, it: &str, args: &[Const]) -> Result<Const, String> {
    let args: Vec<String> = args.iter().map(Const::text).collect();
    let searched = |for_what: &String| {
        if for_what.is_empty() { Err("an empty text cannot be searched for".to_owned()) } else { Ok(()) }
    };
    Ok(match (op, args.as_slice()) {
        (Op::StartsWith, [start]) => Const::Bool(it.starts_with(start.as_str())),
        (Op::EndsWith, [end]) => Const::Bool(it.ends_with(end.as_str())),
        (Op::Contains, [inner]) => Const::Bool(it.contains(inner.as_str())),
        (Op::Lower, []) => Const::Text(it.to_ascii_lowercase()),
        (Op::Upper, []) => Const::Text(it.to_ascii_uppercase()),
        (Op::Trim, []) => Const::Text(it.trim_matches(|c: char| c.is_ascii_whitespace()).to_owned()),
        (Op::IsEmpty, []) => Const::Bool(it.is_empty()),
        (Op::Replace, [from, to]) => {
            searched(from)?;
            Const::Text(it.replace(from.as_str(), to))
        }
        (Op::Split, [by]) => {
            searched(by)?;
            Const::List(it.split(by.as_str()).map(|part| Const::Text(part.to_owned())).collect())
        }
        _ => return Err(format!("`{op:?}` cannot work on this")),
    })
}

fn arithmetic(op: &Op, a: &Const, b: &Const) -> Result<Const, String> {
    let span = |ms: Option<u64>, what: &str| ms.map(Const::Duration).ok_or_else(|| what.to_owned());
    let (long, negative) = ("the duration is too long", "the duration is negative");
    match (op, a, b) {
        (Op::Div | Op::Rem, _, Const::Int(0)) => Err("it divides by zero".to_owned()),
        (Op::Add, Const::Int(a), Const::Int(b)) => whole(a.checked_add(*b)),
        (Op::Sub, Const::Int(a), Const::Int(b)) => whole(a.checked_sub(*b)),
        (Op::Mul, Const::Int(a), Const::Int(b)) => whole(a.checked_mul(*b)),
        (Op::Div, Const::Int(a), Const::Int(b)) => whole(a.checked_div(*b)),
        (Op::Rem, Const::Int(a), Const::Int(b)) => whole(a.checked_rem(*b)),
        (Op::Add, Const::Duration(a), Const::Duration(b)) => span(a.checked_add(*b), long),
        (Op::Sub, Const::Duration(a), Const::Duration(b)) => span(a.checked_sub(*b), negative),
        (Op::Mul, Const::Duration(of), Const::Int(times)) | (Op::Mul, Const::Int(times), Const::Duration(of)) => {
            let times = u64::try_from(*times).map_err(|_| negative.to_owned())?;
            span(of.checked_mul(times), long)
        }
        (Op::Div, Const::Duration(a), Const::Int(b)) => {
            span(u64::try_from(*b).ok().and_then(|b| a.checked_div(b)), negative)
        }
        (Op::Add, Const::List(a), Const::List(b)) => Ok(Const::List([a.as_slice(), b].concat())),
        _ => Err(format!("`{}` and `{}` cannot be computed with", a.text(), b.text())),
    }
}

fn whole(value: Option<i64>) -> Result<Const, String> {
    value.map(Const::Int).ok_or_else(|| "the result does not fit into 64 bits".to_owned())
}

/// A truth value.
pub(crate) fn truth(value: &Const) -> Result<bool, String> {
    match value {
        Const::Bool(it) => Ok(*it),
        // What was not made is not so.
        Const::None => Ok(false),
        other => Err(format!("`{}` is neither `true` nor `false`", other.text())),
    }
}

/// Whether there is a value: an empty text is none.
pub(crate) fn is_there(value: &Const) -> bool {
    !matches!(value, Const::None) && !matches!(value, Const::Text(text) if text.is_empty())
}

/// The elements of a list; of `none` there are none.
pub(crate) fn list(value: &Const) -> Result<&[Const], String> {
    match value {
        Const::List(items) => Ok(items),
        Const::None => Ok(&[]),
        other => Err(format!("`{}` is not a list", other.text())),
    }
}

fn equal(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::List(a), Const::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Const::Record(a), Const::Record(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.iter().any(|(it, other)| it == name && equal(value, other)))
        }
        // What came out of a JSON file shows its kind less clearly than what was computed.
        (Const::Duration(_), Const::Text(text)) => a.text() == *text,
        (Const::Text(text), Const::Duration(_)) => b.text() == *text,
        _ if !is_there(a) || !is_there(b) => is_there(a) == is_there(b),
        _ => a == b,
    }
}

fn compare(a: &Const, b: &Const) -> Result<std::cmp::Ordering, String> {
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => Ok(a.cmp(b)),
        (Const::Duration(a), Const::Duration(b)) => Ok(a.cmp(b)),
        (Const::Text(a), Const::Text(b)) => Ok(a.as_bytes().cmp(b.as_bytes())),
        _ => Err(format!("`{}` and `{}` have no order", a.text(), b.text())),
    }
}

fn field(of: &Const, name: &str) -> Result<Const, String> {
    match of {
        Const::None => Ok(Const::None),
        Const::Record(fields) => {
            let found = fields.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
            Ok(found.unwrap_or(Const::None))
        }
        // The field of each.
        Const::List(items) => items.iter().map(|it| field(it, name)).collect::<Result<_, _>>().map(Const::List),
        other => Err(format!("`{}` has no field `{name}`", other.text())),
    }
}
