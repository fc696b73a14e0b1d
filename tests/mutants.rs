//! One mechanical mistake at a time in every example: each gives a finding, or changes nothing, or is
//! listed in survivors.md with the reason why it is another program that is right.
//!
//! A mutant is *killed* by an error or a warning that the program did not have, and *equivalent* when
//! all its plans are the same to the byte. `UPDATE_SURVIVORS=1` writes what survives into the list;
//! every group there needs a reason in its own words, so read the difference. `MUTANTS=text` runs those
//! whose kind or subject contains it and prints what becomes of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use flow_analysis::{Database, diagnostics};
use flow_plan::elaborate;
use flow_syntax::{Code, Severity};
use flow_tests::mutate::{Mutant, mutants};

/// A program whose mutants are made.
struct Original {
    name: String,
    files: BTreeMap<String, String>,
}

/// The examples that together use the whole language; mutants of more would only take longer.
const EXAMPLES: [&str; 3] = ["monorepo", "quickstart", "release"];

fn originals() -> Vec<Original> {
    EXAMPLES
        .iter()
        .map(|name| {
            let folder = flow_tests::repository().join("examples").join(name);
            let mut files = BTreeMap::new();
            programs(&folder, &folder, &mut files);
            Original { name: (*name).to_owned(), files }
        })
        .collect()
}

fn programs(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        if entry.is_dir() && !entry.file_name().unwrap().to_str().unwrap().starts_with('.') {
            programs(root, &entry, files);
        } else if entry.extension().is_some_and(|it| it == "flow") && entry.is_file() {
            let name = entry.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, std::fs::read_to_string(&entry).unwrap());
        }
    }
}

/// What is said and made of a program.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// Code and headline of all findings. What is not carried out yet is nobody's mistake.
    findings: BTreeSet<(String, String)>,
    /// The plans, by pipeline and backend. Empty where the files have errors.
    plans: BTreeMap<(String, &'static str), String>,
}

fn outcome(db: &Database) -> Outcome {
    let mut outcome = Outcome::default();
    let mut errors = false;
    for file in db.files().values() {
        for finding in diagnostics(db, *file) {
            errors |= finding.severity == Severity::Error;
            if finding.code != Code::NotBuilt {
                outcome.findings.insert((finding.code.id().to_owned(), finding.headline));
            }
        }
    }
    if errors {
        return outcome;
    }
    for pipeline in elaborate::pipelines(db) {
        for backend in elaborate::backends(db, pipeline) {
            match elaborate::plan(db, pipeline, backend) {
                Ok(plan) => {
                    let mut json = serde_json::to_value(&*plan).unwrap();
                    strip_places(&mut json);
                    outcome.plans.insert((pipeline.name(db).to_string(), backend.name()), json.to_string());
                }
                Err(found) => {
                    let found = found.into_iter().filter(|it| it.code != Code::NotBuilt);
                    outcome.findings.extend(found.map(|it| (it.code.id().to_owned(), it.headline)));
                }
            }
        }
    }
    outcome
}

fn strip_places(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(map) => {
            map.remove("place");
            map.values_mut().for_each(strip_places);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_places),
        _ => {}
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// By a finding of this code.
    Killed(String),
    Equivalent,
    Survived,
    Panicked,
}

/// The fates of mutants of one file, in their order.
fn fates(original: &Original, file: &str, mutants: &[Mutant], expected: &Outcome) -> Vec<Fate> {
    let fresh = || {
        let mut db = Database::default();
        db.set_files(original.files.iter().map(|(path, text)| (path.as_str().into(), Ok(Arc::from(text.as_str())))));
        db
    };
    let mut db = fresh();
    mutants
        .iter()
        .map(|mutant| {
            db.set_file(file, Ok(Arc::from(mutant.text.as_str())));
            let Ok(found) = catch_unwind(AssertUnwindSafe(|| outcome(&db))) else {
                db = fresh();
                return Fate::Panicked;
            };
            match found.findings.difference(&expected.findings).next() {
                Some((code, _)) => Fate::Killed(code.clone()),
                None if found == *expected && !found.plans.is_empty() => Fate::Equivalent,
                None => Fate::Survived,
            }
        })
        .collect()
}

/// Survivors by kind: where, what.
type Survivors = BTreeMap<String, BTreeSet<String>>;

#[test]
fn each_mistake_is_found() {
    let wanted = std::env::var("MUTANTS").ok();
    let (mut count, mut by_kind) = (0, BTreeMap::<&str, [usize; 3]>::new());
    let mut survivors = Survivors::new();
    let mut panicked = Vec::new();
    for original in originals() {
        let mut db = Database::default();
        db.set_files(original.files.iter().map(|(path, text)| (path.as_str().into(), Ok(Arc::from(text.as_str())))));
        let expected = outcome(&db);
        assert!(expected.findings.is_empty(), "examples/{} has findings: {:?}", original.name, expected.findings);
        for (file, text) in &original.files {
            let mut all = mutants(text);
            if let Some(wanted) = &wanted {
                all.retain(|it| it.kind.contains(wanted.as_str()) || it.what.contains(wanted.as_str()));
            }
            count += all.len();
            let half = all.len().div_ceil(2).max(1);
            let fates: Vec<Fate> = std::thread::scope(|scope| {
                let workers: Vec<_> =
                    all.chunks(half).map(|chunk| scope.spawn(|| fates(&original, file, chunk, &expected))).collect();
                workers.into_iter().flat_map(|it| it.join().unwrap()).collect()
            });
            for (mutant, fate) in all.iter().zip(fates) {
                let place = format!("`{}/{file}` `{}`: {}", original.name, mutant.item, mutant.what);
                if wanted.is_some() {
                    println!("{fate:?} {}: {place}", mutant.kind);
                }
                let row = by_kind.entry(mutant.kind).or_default();
                match fate {
                    Fate::Killed(_) => row[0] += 1,
                    Fate::Equivalent => row[1] += 1,
                    Fate::Survived => {
                        row[2] += 1;
                        survivors.entry(mutant.kind.to_owned()).or_default().insert(place);
                    }
                    Fate::Panicked => panicked.push(format!("{}: {place}", mutant.kind)),
                }
            }
        }
    }
    println!("{count} mutants");
    for (kind, [killed, equivalent, survived]) in &by_kind {
        println!("{kind:26} {killed:5} killed {equivalent:5} equivalent {survived:5} survived");
    }
    let sum = |at: usize| by_kind.values().map(|it| it[at]).sum::<usize>();
    println!("{:26} {:5} killed {:5} equivalent {:5} survived", "all", sum(0), sum(1), sum(2));
    assert!(panicked.is_empty(), "the compiler panics:\n{}", panicked.join("\n"));
    if wanted.is_none() {
        assert!(count >= 500, "only {count} mutants");
        compare(&survivors);
    }
}

fn compare(survivors: &Survivors) {
    let path = flow_tests::repository().join("tests/survivors.md");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let listed = Listed::read(&text);
    if std::env::var_os("UPDATE_SURVIVORS").is_some_and(|it| it == "1") {
        std::fs::write(&path, listed.with(survivors)).unwrap();
        return;
    }
    let mut wrong = Vec::new();
    for (kind, places) in survivors {
        let group = listed.groups.get(kind);
        if group.is_none_or(|it| it.reason.is_empty()) {
            wrong.push(format!("no reason is given for survivors of the kind `{kind}`"));
        }
        for place in places {
            if group.is_none_or(|it| !it.places.contains_key(place)) {
                wrong.push(format!("nothing is found: {kind}: {place}"));
            }
        }
    }
    for (kind, group) in &listed.groups {
        for place in group.places.keys() {
            if survivors.get(kind).is_none_or(|it| !it.contains(place)) {
                wrong.push(format!("listed, but it does not survive: {kind}: {place}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\nUPDATE_SURVIVORS=1 writes what survives into the list", wrong.join("\n"));
}

/// survivors.md.
#[derive(Default)]
struct Listed {
    head: String,
    groups: BTreeMap<String, Group>,
}

/// A kind of mutants.
#[derive(Default)]
struct Group {
    reason: String,
    /// With what is said of each by itself.
    places: BTreeMap<String, String>,
}

impl Listed {
    fn read(text: &str) -> Self {
        let mut sections = text.split("\n## ");
        let mut listed = Self { head: sections.next().unwrap_or_default().trim().to_owned(), ..Self::default() };
        for section in sections {
            let (kind, rest) = section.split_once('\n').unwrap_or((section, ""));
            let mut group = Group::default();
            for line in rest.lines() {
                match line.strip_prefix("- ") {
                    Some(place) => {
                        let (place, note) = place.split_once(" — ").unwrap_or((place, ""));
                        group.places.insert(place.to_owned(), note.to_owned());
                    }
                    None if line.is_empty() => {}
                    None => {
                        let _ = writeln!(group.reason, "{line}");
                    }
                }
            }
            listed.groups.insert(kind.to_owned(), group);
        }
        listed
    }

    /// The file as it would be with these.
    fn with(&self, survivors: &Survivors) -> String {
        let mut out = format!("{}\n", self.head);
        for (kind, places) in survivors {
            let old = self.groups.get(kind);
            let _ = write!(out, "\n## {kind}\n\n{}\n", old.map_or("", |it| it.reason.as_str()));
            for place in places {
                match old.and_then(|it| it.places.get(place)).filter(|it| !it.is_empty()) {
                    Some(note) => {
                        let _ = writeln!(out, "- {place} — {note}");
                    }
                    None => {
                        let _ = writeln!(out, "- {place}");
                    }
                }
            }
        }
        out
    }
}
