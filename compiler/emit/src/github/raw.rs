//! `raw github`: keys that the language has no word for, put beside those that stand there.

use flow_plan::model::{Const, Place, Raw, RawKeys, SettingValue, Value};
use serde_yaml::Value as Yaml;

use super::values::Github;
use crate::yaml::{Entry, Item, Key, Map, Node};
use crate::{EmitError, Warning};

/// Where keys stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Pipeline,
    Job,
    Step,
}

impl Level {
    /// The keys that GitHub knows there and the compiler does not own.
    const fn known(self) -> &'static [&'static str] {
        match self {
            Self::Pipeline => &["defaults", "description"],
            Self::Job => &["cancel-timeout-minutes", "snapshot"],
            Self::Step => &[],
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Pipeline => "a workflow",
            Self::Job => "a job",
            Self::Step => "a step",
        }
    }
}

/// How a value of the program is written.
type Text<'a> = &'a dyn Fn(&Value) -> Result<String, String>;

/// Puts the keys into the mapping that they belong to.
pub(super) fn merge(map: &mut Map, all: &[Raw], text: Text<'_>) -> Result<(), EmitError> {
    for raw in all {
        add(map, keys(raw, text)?, &raw.place, "")?;
    }
    Ok(())
}

/// What GitHub will not know, as far as one can tell today.
pub(super) fn unknown(all: &[Raw], level: Level) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for raw in all {
        // Whether they can be written at all has been asked before.
        let Ok(found) = keys(raw, &|_| Ok(String::new())) else { continue };
        for entry in found.entries {
            let Key::Text(key) = entry.key else { continue };
            if !level.known().contains(&key.as_str()) {
                warnings.push(Warning {
                    message: format!("GitHub may not know the key `{key}` of {}", level.noun()),
                    place: Some(raw.place.clone()),
                    help: "it is written as it is: look it up in GitHub's workflow syntax".to_owned(),
                });
            }
        }
    }
    warnings
}

fn keys(raw: &Raw, text: Text<'_>) -> Result<Map, EmitError> {
    match &raw.keys {
        RawKeys::Map(entries) => settings(entries, text)
            .map_err(|why| EmitError::at(&raw.place, why, "write the value as text, or leave it out")),
        RawKeys::Yaml(yaml) => {
            let wrong =
                |why: String| EmitError::at(&raw.place, format!("`raw` is no mapping of YAML: {why}"), "mend it");
            match serde_yaml::from_str(yaml).map_err(|error| wrong(error.to_string()))? {
                Yaml::Mapping(found) => mapping(found).map_err(wrong),
                _ => Err(wrong("it has no keys".to_owned())),
            }
        }
    }
}

fn settings(entries: &[(String, SettingValue)], text: Text<'_>) -> Result<Map, String> {
    let mut map = Map::new();
    for (name, value) in entries {
        let node = match value {
            SettingValue::Map(entries) => settings(entries, text)?.into(),
            SettingValue::Value(Value::Const(value)) => constant(value),
            SettingValue::Value(value) => Node::Text(text(value)?),
        };
        map.push(name.as_str(), node);
    }
    Ok(map)
}

/// A value as it is: here an expression of GitHub's may stand in a text.
fn constant(value: &Const) -> Node {
    match value {
        Const::None => Node::Null,
        Const::Bool(_) | Const::Int(_) => Node::Plain(value.text()),
        Const::Duration(_) | Const::Text(_) => Node::Text(value.text()),
        Const::List(items) => Node::Seq(items.iter().map(|it| Item::bare(constant(it))).collect()),
        Const::Record(fields) => {
            let mut map = Map::new();
            fields.iter().for_each(|(name, value)| map.push(name.as_str(), constant(value)));
            map.into()
        }
    }
}

fn mapping(found: serde_yaml::Mapping) -> Result<Map, String> {
    let mut map = Map::new();
    for (key, value) in found {
        let Yaml::String(key) = key else { return Err("a key is no text".to_owned()) };
        map.push(key, node(value)?);
    }
    Ok(map)
}

fn node(value: Yaml) -> Result<Node, String> {
    Ok(match value {
        Yaml::Null => Node::Null,
        Yaml::Bool(it) => it.into(),
        Yaml::Number(it) => Node::Plain(it.to_string()),
        Yaml::String(it) if it.contains('\n') => Node::Block(it),
        Yaml::String(it) => Node::Text(it),
        Yaml::Sequence(items) => {
            Node::Seq(items.into_iter().map(|it| node(it).map(Item::bare)).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(it) => mapping(it)?.into(),
        Yaml::Tagged(it) => return Err(format!("GitHub knows no tags, and there is {}", it.tag)),
    })
}

/// Adds the entries; below a key that both have, those of its mapping.
fn add(map: &mut Map, more: Map, place: &Place, path: &str) -> Result<(), EmitError> {
    for entry in more.entries {
        let name = match &entry.key {
            Key::Text(it) => it.clone(),
            Key::Plain(it) => (*it).to_owned(),
        };
        let same = |it: &&mut Entry| matches!(&it.key, Key::Text(key) if *key == name);
        let Some(there) = map.entries.iter_mut().find(same) else {
            map.entries.push(entry);
            continue;
        };
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        match (&mut there.value, entry.value) {
            (Node::Map(there), Node::Map(more)) => add(there, more, place, &path)?,
            (there, more) if *there == more => {}
            _ => {
                let message = format!("`raw` gives `{path}`, which stands there with another value");
                return Err(EmitError::at(place, message, "remove it from `raw`"));
            }
        }
    }
    Ok(())
}

/// The same for what stands in a job.
pub(super) fn merge_in(
    github: &Github<'_>,
    job: &flow_plan::model::Job,
    map: &mut Map,
    all: &[Raw],
) -> Result<(), EmitError> {
    merge(map, all, &|value| github.text(job, value))
}
