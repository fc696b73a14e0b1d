//! Shell functions that several steps use stand once, in the workflow's environment; a step that uses
//! one begins with `eval "$FLOW_FUNCTION_…"`. A workflow knows no other place that all jobs can read
//! without the sources.

use crate::shell::functions;
use crate::yaml::{Around, Item, Map, Node};

/// What the names of the variables begin with.
const PREFIX: &str = "FLOW_FUNCTION_";

/// Moves the functions that several of the jobs' scripts hold to the top of the workflow.
pub(super) fn hoist<'a>(root: &mut Map, jobs: impl Iterator<Item = &'a mut Map>) {
    let mut jobs: Vec<&mut Map> = jobs.collect();
    let mut env = Map::new();
    for (name, text) in functions() {
        let mut count = 0;
        each_script(&mut jobs, &mut |script| count += usize::from(at(script, &text).is_some()));
        if count < 2 {
            continue;
        }
        let base = format!("{PREFIX}{}", name.to_ascii_uppercase());
        let taken = |it: &str| env.get(it).is_some();
        let name = crate::lower::names::unique(base, '_', taken);
        each_script(&mut jobs, &mut |script| {
            if let Some(at) = at(script, &text) {
                script.replace_range(at..at + text.len(), &format!("eval \"${name}\""));
            }
        });
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

/// Where a text stands in a script, as whole lines.
fn at(script: &str, text: &str) -> Option<usize> {
    let at = script.find(text)?;
    let before = at == 0 || script.get(..at).is_some_and(|it| it.ends_with('\n'));
    let after = script.get(at + text.len()..).is_some_and(|it| it.is_empty() || it.starts_with('\n'));
    (before && after).then_some(at)
}

fn each_script(jobs: &mut [&mut Map], visit: &mut dyn FnMut(&mut String)) {
    for job in jobs {
        let steps = job.entries.iter_mut().filter(|it| it.key.is("steps")).filter_map(|it| match &mut it.value {
            Node::Seq(steps) => Some(steps),
            _ => None,
        });
        for Item { value, .. } in steps.flatten() {
            let Node::Map(step) = value else { continue };
            for entry in step.entries.iter_mut().filter(|it| it.key.is("run")) {
                if let Node::Block(script) = &mut entry.value {
                    visit(script);
                }
            }
        }
    }
}
