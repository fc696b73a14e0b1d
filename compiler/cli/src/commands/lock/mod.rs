//! `flowc lock`.

mod accept;
mod remote;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use flow_emit::{LOCK_FILE, Lock, compare_versions};
use flow_plan::elaborate;
use flow_plan::model::Backend;

use super::{FINE, FOUND, plan_of, require_sound};
use crate::args::LockArgs;
use crate::project::Project;
use crate::terminal::Terminal;
use crate::{files, lock};

pub(crate) fn main(args: &LockArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let project = Project::load(start)?;
    if let Err(code) = require_sound(&project, terminal) {
        return Ok(code);
    }
    let named = match named(&project, terminal) {
        Ok(named) => named,
        Err(code) => return Ok(code),
    };
    let mut lock = lock::read(&project.root)?;
    let before = lock.clone();
    let fine = if args.accept {
        accept::accept(&project, &named, &mut lock, terminal)?
    } else {
        look_up(&named, &mut lock, terminal)
    };
    if lock != before {
        files::write(&project.root.join(LOCK_FILE), &lock.write())?;
        terminal.say(&format!("wrote {LOCK_FILE}"));
    } else if fine {
        terminal.say(if args.accept { "no emitted file has a newer pin" } else { "nothing to look up" });
    }
    Ok(ExitCode::from(if fine { FINE } else { FOUND }))
}

/// What the pipelines name that others have written, each with a place.
fn named(project: &Project, terminal: &Terminal) -> Result<BTreeMap<String, String>, ExitCode> {
    let mut named = BTreeMap::new();
    for pipeline in elaborate::pipelines(&project.db) {
        if !elaborate::backends(&project.db, pipeline).contains(&Backend::Github) {
            continue;
        }
        let plan = plan_of(project, pipeline, Backend::Github, terminal)?;
        for (reference, place) in flow_emit::references(&plan) {
            named.entry(reference).or_insert_with(|| format!("{}:{}:{}", place.file, place.line, place.column));
        }
    }
    Ok(named)
}

/// Adds what is missing, and removes what nothing names; whether all was found.
fn look_up(named: &BTreeMap<String, String>, lock: &mut Lock, terminal: &Terminal) -> bool {
    let standard = flow_emit::Pins::default();
    lock.pins.retain(|reference, pin| {
        let own = standard.find(reference);
        let newer = own.filter(|own| compare_versions(&pin.version, &own.version) == Some(Ordering::Less));
        if let Some(newer) = newer {
            terminal.say(&format!("removed {reference}: flowc has {} itself", newer.version));
        } else if own.is_none() && !named.contains_key(reference) {
            terminal.say(&format!("removed {reference}, which nothing names"));
            return false;
        }
        newer.is_none()
    });
    let pins = lock::pins(lock);
    let missing: Vec<_> = named.iter().filter(|(reference, _)| !pins.knows(reference)).collect();
    let repositories: BTreeSet<&str> =
        missing.iter().filter_map(|(reference, _)| remote::repository(reference)).collect();
    let mut refs = BTreeMap::new();
    let mut fine = true;
    for repository in repositories {
        match remote::refs(repository) {
            Ok(found) => {
                refs.insert(repository, found);
            }
            Err(error) => {
                terminal.error(&format!("the versions of {repository} cannot be looked up: {error:#}"));
                terminal
                    .help("run `flowc lock` where git reaches it, or write a commit for the version in the program");
                fine = false;
            }
        }
    }
    for (reference, place) in missing {
        let Some(repository) = remote::repository(reference) else {
            terminal.error(&format!("`{reference}` is an image, whose digest git does not know\n  at {place}"));
            terminal.help("write the digest in the program: `docker://image@sha256:…`");
            fine = false;
            continue;
        };
        let Some(refs) = refs.get(repository) else { continue };
        match refs.find(reference) {
            Some(pin) => {
                terminal.say(&format!("locked {reference}: {}, {}", pin.version, pin.commit));
                lock.pins.insert(reference.clone(), pin);
            }
            None => {
                terminal.error(&format!("{repository} has no version of the name in `{reference}`\n  at {place}"));
                if let Some(newest) = refs.newest() {
                    terminal.help(&format!("its newest version is {newest}"));
                }
                fine = false;
            }
        }
    }
    fine
}
