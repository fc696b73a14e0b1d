//! Shell functions that several steps use stand once, in the workflow's environment; a step that uses
//! one says `eval "$FLOW_FUNCTION_…"`. A workflow knows no other place that all jobs can read
//! without the sources.

use crate::lower::names::unique;
use crate::shell::functions;
use crate::yaml::{Around, Item, Map, Node};

/// What the names of the variables begin with.
const PREFIX: &str = "FLOW_FUNCTION_";

/// Moves the functions that several of the jobs' scripts hold to the top of the workflow.
pub(super) fn hoist<'a>(root: &mut Map, jobs: impl Iterator<Item = &'a mut Map>) {
    let functions = functions();
    let mut scripts = scripts(jobs);
    // Most scripts hold none: each is looked through once to see that.
    scripts.retain(|script| defines(script, &functions));
    let mut env = Map::new();
    for (name, text) in functions {
        let mut holding: Vec<_> = scripts.iter_mut().filter_map(|it| Some((at(it, &text)?, it))).collect();
        if holding.len() < 2 {
            continue;
        }
        let base = format!("{PREFIX}{}", name.to_ascii_uppercase());
        let name = unique(base, '_', |it| env.get(it).is_some());
        for (at, script) in &mut holding {
            script.replace_range(*at..*at + text.len(), &format!("eval \"${name}\" # at the top of this file"));
        }
        env.push(name, Node::Block(format!("{text}\n")));
    }
    if env.entries.is_empty() {
        return;
    }
    match root.entries.iter_mut().find(|it| it.key.is("env")) {
        Some(entry) => {
            if let Node::Map(own) = &mut entry.value {
                own.entries.extend(env.entries);
            }
        }
        None => {
            let around = Around::blank().above(Some("Shell functions that several steps use, each by `eval`."));
            root.push_around("env", env, around);
        }
    }
}

/// Whether a script defines a function of one of these names.
fn defines(script: &str, functions: &[(&str, String)]) -> bool {
    let before = |at: usize| script.get(..at).and_then(|it| it.rsplit('\n').next());
    script.match_indices("() ").any(|(at, _)| {
        let found = before(at);
        found.is_some_and(|found| functions.iter().any(|(name, _)| *name == found))
    })
}

/// Where a text stands in a script, as whole lines.
fn at(script: &str, text: &str) -> Option<usize> {
    let at = script.find(text)?;
    let before = at == 0 || script.get(..at).is_some_and(|it| it.ends_with('\n'));
    let after = script.get(at + text.len()..).is_some_and(|it| it.is_empty() || it.starts_with('\n'));
    (before && after).then_some(at)
}

/// The scripts of all steps.
fn scripts<'a>(jobs: impl Iterator<Item = &'a mut Map>) -> Vec<&'a mut String> {
    let mut all = Vec::new();
    for job in jobs {
        let Some(Node::Seq(steps)) = get(job, "steps") else { continue };
        for Item { value, .. } in steps {
            if let Node::Map(step) = value
                && let Some(Node::Block(script)) = get(step, "run")
            {
                all.push(script);
            }
        }
    }
    all
}

fn get<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Node> {
    map.entries.iter_mut().find(|it| it.key.is(key)).map(|it| &mut it.value)
}
