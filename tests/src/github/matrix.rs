//! The legs of a matrix.

use super::value::Value;

/// All legs, in order, each an object.
pub(super) fn legs(matrix: &Value) -> Result<Vec<Value>, String> {
    let special = |key: &str| key.eq_ignore_ascii_case("include") || key.eq_ignore_ascii_case("exclude");
    let mut legs: Vec<Vec<(String, Value)>> = Vec::new();
    for (key, values) in matrix.entries().iter().filter(|(key, _)| !special(key)) {
        let Value::List(values) = values else { return Err(format!("matrix.{key} is no list: {}", values.json())) };
        if legs.is_empty() {
            legs = values.iter().map(|it| vec![(key.clone(), it.clone())]).collect();
        } else {
            legs = legs
                .iter()
                .flat_map(|leg| values.iter().map(|it| [leg.clone(), vec![(key.clone(), it.clone())]].concat()))
                .collect();
        }
        if legs.is_empty() {
            return Err(format!("matrix.{key} has no values"));
        }
    }
    let has = |leg: &[(String, Value)], key: &str, value: &Value| leg.iter().any(|(k, v)| k == key && v == value);
    let excluded = matrix.get("exclude").items();
    legs.retain(|leg| !excluded.iter().any(|it| it.entries().iter().all(|(key, value)| has(leg, key, value))));

    let original = legs.clone();
    for include in matrix.get("include").items() {
        let mut joined = false;
        for (leg, original) in legs.iter_mut().zip(&original) {
            let fits = include
                .entries()
                .iter()
                .all(|(key, value)| original.iter().all(|(k, _)| k != key) || has(original, key, value));
            if fits {
                for (key, value) in include.entries() {
                    leg.retain(|(k, _)| k != key);
                    leg.push((key.clone(), value.clone()));
                }
                joined = true;
            }
        }
        if !joined {
            legs.push(include.entries().to_vec());
        }
    }
    match legs.len() {
        0 => Err("the matrix has no legs".to_owned()),
        1..=256 => Ok(legs.into_iter().map(Value::Object).collect()),
        many => Err(format!("the matrix has {many} legs, of at most 256")),
    }
}
