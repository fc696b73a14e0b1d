//! `flowc lock --accept`: pins that an update bot has changed in emitted files go back into the lock.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use anyhow::{Context as _, Result};
use flow_emit::{Lock, Origin, Pin, PinLine, pin_lines};
use flow_plan::elaborate;
use flow_plan::model::Backend;

use crate::emitted::is_older;
use crate::lock;
use crate::project::Project;
use crate::terminal::Terminal;

/// Takes over what emitted files say; whether nothing stood in the way.
pub(super) fn accept(
    project: &Project,
    named: &BTreeMap<String, String>,
    lock: &mut Lock,
    terminal: &Terminal,
) -> Result<bool> {
    let mut fine = true;
    // By reference: the pin, and the file that has it.
    let mut found: BTreeMap<String, (Pin, String)> = BTreeMap::new();
    for pipeline in elaborate::pipelines(&project.db) {
        let Some(path) = flow_emit::path(Backend::Github, pipeline.name(&project.db)) else { continue };
        let text = match std::fs::read_to_string(project.root.join(&path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other.with_context(|| format!("{path} cannot be read"))?,
        };
        match flow_emit::origin(&text) {
            Origin::Emitted => {}
            Origin::Foreign => continue,
            Origin::Edited => {
                terminal.error(&format!("{path} was edited by hand, beyond its pins: nothing is taken from it"));
                terminal.help("make the change in the program, and undo it in the file");
                fine = false;
                continue;
            }
        }
        for line in pin_lines(&text) {
            match changed(&line, named, lock) {
                Change::None => {}
                Change::Unclear(references) => {
                    let references = flow_analysis::suggest::list(references.iter().map(String::as_str));
                    terminal.error(&format!("{path}: {} could be that of {references}", line.action));
                    terminal.help("write it into flow.lock where it belongs, or name one version in the program");
                    fine = false;
                }
                Change::To(reference, pin) => {
                    let other = found.get(&reference).filter(|(it, _)| *it != pin);
                    if let Some((it, file)) = other {
                        terminal
                            .error(&format!("{reference} is {} in {file} and {} in {path}", it.version, pin.version));
                        terminal.help("let the files agree, then run `flowc lock --accept` again");
                        fine = false;
                        continue;
                    }
                    found.insert(reference, (pin, path.clone()));
                }
            }
        }
    }
    if !fine {
        return Ok(false);
    }
    for (reference, (pin, path)) in found {
        let old = lock::pins(lock).find(&reference).map(|it| it.version.clone()).unwrap_or_default();
        terminal.say(&format!("{reference}: {old} becomes {}, {}, as in {path}", pin.version, pin.commit));
        let major = |version: &str| version.trim_start_matches('v').split('.').next().map(str::to_owned);
        if let Some(place) = named.get(&reference).filter(|it| !it.starts_with("std/"))
            && major(written(&reference)) != major(&pin.version)
        {
            terminal.help(&format!("the program names the old version, at {place}: change it there too"));
        }
        lock.pins.insert(reference, pin);
    }
    Ok(true)
}

/// What a line of a file says about a pin.
enum Change {
    /// Nothing new.
    None,
    /// The reference stands for another commit now.
    To(String, Pin),
    /// One of these does.
    Unclear(Vec<String>),
}

/// The version that a reference names.
fn written(reference: &str) -> &str {
    reference.rsplit_once(['@', ':']).map_or("", |(_, it)| it)
}

fn changed(line: &PinLine, named: &BTreeMap<String, String>, lock: &Lock) -> Change {
    let (pins, standard) = (lock::pins(lock), flow_emit::Pins::default());
    let used = |reference: &str| named.contains_key(reference) || standard.knows(reference);
    let known: Vec<(&str, &Pin)> = pins.of(&line.action).filter(|(reference, _)| used(reference)).collect();
    if known.iter().any(|(_, pin)| pin.commit == line.commit) {
        return Change::None;
    }
    // What is older was emitted before the lock was changed.
    let mut may: Vec<(&str, &Pin)> = known.into_iter().filter(|(_, pin)| !is_older(line, Some(&pin.version))).collect();
    if may.len() > 1 {
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        let version = line.version.as_deref().unwrap_or_default();
        may.retain(|(_, pin)| major(&pin.version) == major(version));
    }
    match may.as_slice() {
        [] => Change::None,
        [(reference, _)] => {
            let version = line.version.as_deref().unwrap_or(written(reference)).to_owned();
            Change::To((*reference).to_owned(), Pin { commit: line.commit.clone(), version })
        }
        several => Change::Unclear(several.iter().map(|(reference, _)| (*reference).to_owned()).collect()),
    }
}
