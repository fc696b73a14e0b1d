//! The same pipeline by `flowc run` and as an emitted workflow, side by side: what differs?
//!
//! Compared are how jobs and steps ended, values, artifacts down to modes and links, what is given to
//! people, what steps printed on lines that begin with `@`, and that every job came after all that the
//! plan says it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flow_emit::shell::artifacts::{Packing, packing};
use flow_plan::model::{FieldKind, Job as Planned, Output, OutputKind, Plan, Schema};
use flow_plan::pattern::{common_folder, matches};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::github::{self, Event, Job, Leg, Options, Outcome, Run};
use crate::world::World;

/// How both are started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The workflow's side.
    pub options: Options,
    /// What `flowc run PIPELINE` is told besides.
    pub arguments: Vec<String>,
    /// The ends of paths whose content holds the time: these have to be there, no more.
    pub varying: Vec<&'static str>,
}

impl Start {
    /// A push to a branch.
    pub fn push(branch: &str) -> Self {
        Self::of(Event::push(branch), &["--event", "push", "--branch", branch])
    }

    /// A pull request to `main`.
    pub fn pull_request(branch: &str) -> Self {
        let event = Event::pull_request(12, branch, "main", r#"{"title": "A `change` of $things"}"#);
        let mut start = Self::of(event, &["--event", "pull_request", "--ctx", "pull_request.number=12"]);
        for (name, value) in [("branch", branch), ("base", "main"), ("title", "A `change` of $things")] {
            start.arguments.extend(["--ctx".to_owned(), format!("pull_request.{name}={value}")]);
        }
        start
    }

    /// By hand, with parameters.
    pub fn manual(branch: &str, params: &[(&str, &str)]) -> Self {
        let mut start = Self::of(Event::manual(branch), &["--event", "manual", "--branch", branch]);
        for (name, value) in params {
            start.options.inputs.push(((*name).to_owned(), (*value).to_owned()));
            start.arguments.extend(["--param".to_owned(), format!("{name}={value}")]);
        }
        start
    }

    /// Any event.
    pub fn of(event: Event, arguments: &[&str]) -> Self {
        let options = Options { event, ..Options::default() };
        Self { options, arguments: arguments.iter().map(|it| (*it).to_owned()).collect(), varying: Vec::new() }
    }

    /// The same where the content of files with these endings varies from run to run.
    #[must_use]
    pub fn where_vary(mut self, endings: &[&'static str]) -> Self {
        self.varying.extend(endings);
        self
    }

    /// The same with a secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.options.secrets.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What both did.
pub struct Both {
    /// The workflow's run.
    pub hosted: Run,
    /// What `flowc run --json` says.
    pub local: Value,
    /// What `flowc run` printed.
    pub said: String,
    plan: Plan,
    world: PathBuf,
    varying: Vec<&'static str>,
}

/// A pipeline, emitted and planned, to be started.
pub struct Pipeline<'w> {
    world: &'w World,
    name: &'static str,
    plan: Plan,
}

impl<'w> Pipeline<'w> {
    /// A pipeline of a project, emitted afresh.
    ///
    /// # Panics
    ///
    /// If it cannot be emitted.
    pub fn new(world: &'w World, name: &'static str) -> Self {
        let emitted = world.run(&["emit", name, "--backend", "github"]);
        assert_eq!(emitted.code, Some(0), "{}", emitted.all());
        let planned = world.run(&["plan", name, "--backend", "local", "--format", "json"]);
        let plan = serde_json::from_str(&planned.out).unwrap_or_else(|error| panic!("{error}:\n{}", planned.all()));
        Self { world, name, plan }
    }

    /// Runs both.
    ///
    /// # Panics
    ///
    /// If either cannot be started.
    pub fn run(&self, start: &Start) -> Both {
        let Self { world, name, plan } = self;
        let secrets = world.beside("secrets");
        let lines: String = start.options.secrets.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        std::fs::write(&secrets, lines).expect("a file");
        let secrets = secrets.to_str().expect("a path");
        let mut arguments = vec!["run", name, "--keep-going", "--yes", "--json", "--secrets", secrets];
        arguments.extend(start.arguments.iter().map(String::as_str));
        let ran = world.run(&arguments);
        let local: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}:\n{}", ran.all()));
        let file = world.project().join(".github/workflows").join(format!("{name}.yml"));
        let hosted = github::run(&file, &start.options);
        let varying = start.varying.clone();
        Both { hosted, local, said: ran.err, plan: plan.clone(), world: world.project(), varying }
    }
}

impl Both {
    /// What differs, a line each; nothing: they are the same.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Found { both: self, all: Vec::new() };
        for job in &self.plan.jobs {
            found.job(job);
        }
        found.exposed();
        found.order();
        found.whole();
        found.all
    }

    /// # Panics
    ///
    /// If anything differs; both logs are shown.
    pub fn assert_same(&self, what: &str) {
        let found = self.differences();
        assert!(
            found.is_empty(),
            "{what}:\n--- the workflow\n{}\n--- flowc run\n{}\n--- differences\n{}",
            self.hosted.log,
            self.said,
            found.join("\n")
        );
    }

    /// A job's part of the local result.
    fn local(&self, id: &str) -> &Value {
        let found = self.local["jobs"].as_array().expect("jobs").iter().find(|it| it["id"] == id);
        found.unwrap_or_else(|| panic!("the local result has no job {id}"))
    }

    /// A line of a manifest, without what varies.
    fn known(&self, line: &str) -> String {
        let varies = self.varying.iter().any(|end| line.ends_with(end));
        if varies { format!("f {}", line.rsplit(' ').next().unwrap_or_default()) } else { line.to_owned() }
    }

    /// Files by their paths, without what varies.
    fn plain(&self, mut files: BTreeMap<String, String>) -> BTreeMap<String, String> {
        for (path, content) in &mut files {
            if self.varying.iter().any(|end| path.ends_with(end)) {
                content.clear();
            }
        }
        files
    }

    /// The legs that carry out a job of the plan: its own job, or its part of a matrix.
    fn legs(&self, planned: &Planned) -> (Option<(&str, &Job)>, Vec<&Leg>) {
        if let Some((id, job)) = self.hosted.jobs.get_key_value(&planned.id) {
            return (Some((id, job)), job.legs.iter().collect());
        }
        // The title of a stage stands before it.
        let stage = self.plan.stages.iter().find(|it| planned.stage.as_deref() == Some(it.id.as_str()));
        let title = stage.map_or_else(|| planned.title.clone(), |it| format!("{} / {}", it.title, planned.title));
        let of_call = |leg: &&Leg| leg.name == title;
        let found = self.hosted.jobs.iter().find(|(_, job)| job.legs.iter().any(|leg| of_call(&leg)));
        match found {
            Some((id, job)) => (Some((id, job)), job.legs.iter().filter(of_call).collect()),
            // A matrix that never began has no legs: it is called as the jobs that it stands for.
            None => {
                let found = self.hosted.jobs.iter().find(|(id, job)| **id == planned.name && job.legs.is_empty());
                (found.map(|(id, job)| (id.as_str(), job)), Vec::new())
            }
        }
    }
}

struct Found<'a> {
    both: &'a Both,
    all: Vec<String>,
}

impl Found<'_> {
    fn differ(&mut self, what: &str, hosted: impl std::fmt::Debug, local: impl std::fmt::Debug) {
        self.all.push(format!("{what}: hosted {hosted:?}, local {local:?}"));
    }

    fn job(&mut self, planned: &Planned) {
        let local = self.both.local(&planned.id);
        let (found, legs) = self.both.legs(planned);
        let Some((_, job)) = found else {
            self.all.push(format!("{}: the workflow has no such job", planned.id));
            return;
        };
        let dynamic = !planned.each.is_empty();
        let hosted = match legs.as_slice() {
            [leg] if !dynamic => leg.outcome,
            _ => job.outcome,
        };
        let word = local["outcome"].as_str().unwrap_or_default();
        let wanted: &[Outcome] = match word {
            "succeeded" => &[Outcome::Success],
            "failed" => &[Outcome::Failure],
            "cancelled" => &[Outcome::Cancelled],
            "skipped" | "blocked" | "not_started" => &[Outcome::Skipped],
            _ => &[],
        };
        if !wanted.contains(&hosted) {
            self.differ(&format!("{}: its end", planned.id), hosted, format!("{word} ({})", local["reason"]));
            return;
        }
        if dynamic {
            // What a condition leaves out has no leg on GitHub.
            let parts = local["legs"].as_array().expect("legs");
            let parts: Vec<_> = parts.iter().filter(|leg| leg["outcome"] != "skipped").collect();
            if parts.len() != legs.len() && !(legs.is_empty() && word == "skipped") {
                self.differ(&format!("{}: its legs", planned.id), legs.len(), parts.len());
                return;
            }
            for (index, (leg, local)) in legs.iter().zip(parts).enumerate() {
                self.leg(&format!("{} [{index}]", planned.id), leg, local);
            }
            return;
        }
        if let Some(leg) = legs.first() {
            self.leg(&planned.id, leg, local);
        }
        for (name, value) in &job.outputs {
            let made = &local["outputs"][name.as_str()];
            if let Some(made) = made["value"].as_str()
                && made != value
            {
                self.differ(&format!("{}.{name}", planned.id), value, made);
            }
        }
        for output in &planned.outputs {
            if let OutputKind::Artifact(schema) = &output.kind {
                let name = format!("{}.{}.{}", self.both.plan.pipeline, planned.id, output.name);
                let hosted =
                    self.both.hosted.artifacts.get(&name).map(|it| hosted_manifest(&it.folder, output, schema));
                let local = local["outputs"][output.name.as_str()]["manifest"]
                    .as_str()
                    .map(|path| std::fs::read_to_string(path).expect("a manifest"));
                match (hosted, local) {
                    (Some(hosted), Some(local)) => {
                        let known = |lines: BTreeSet<String>| lines.iter().map(|it| self.both.known(it)).collect();
                        let local: BTreeSet<String> = known(local.lines().map(str::to_owned).collect());
                        let hosted: BTreeSet<String> = known(hosted);
                        if hosted != local {
                            let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
                                a.difference(b).cloned().collect::<Vec<_>>()
                            };
                            self.differ(&name, only(&hosted, &local), only(&local, &hosted));
                        }
                    }
                    (None, None) => {}
                    // What nobody reads is not uploaded, and a failed job's is not used.
                    (None, Some(_)) if !self.is_read(&planned.id, &output.name) => {}
                    // A platform keeps no empty artifact: a mark stands for one of which nothing was made.
                    (Some(hosted), None) if hosted.is_empty() => {}
                    (hosted, local) => self.differ(&name, hosted.is_some(), local.is_some()),
                }
            }
        }
    }

    fn is_read(&self, job: &str, output: &str) -> bool {
        let edge = flow_plan::model::EdgeKind::Artifact(output.to_owned());
        self.both.plan.jobs.iter().any(|it| it.needs.iter().any(|it| it.job == job && it.kind == edge))
    }

    fn leg(&mut self, what: &str, leg: &Leg, local: &Value) {
        let marks =
            |text: &str| -> Vec<String> { text.lines().filter(|it| it.starts_with("@m")).map(str::to_owned).collect() };
        let hosted: Vec<String> = leg.steps.iter().flat_map(|it| marks(&it.log)).collect();
        let log = local["log"].as_str().map(|it| std::fs::read_to_string(it).unwrap_or_default());
        let local_marks = marks(&log.unwrap_or_default());
        if hosted != local_marks {
            self.differ(&format!("{what}: what it printed"), &hosted, &local_marks);
        }
        // Steps that both know, by their names; the workflow has more.
        let name = |outcome: Outcome| match outcome {
            Outcome::Success => "succeeded",
            Outcome::Failure => "failed",
            Outcome::Cancelled => "cancelled",
            Outcome::Skipped => "skipped",
        };
        let mut by_title: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for step in local["steps"].as_array().into_iter().flatten() {
            let outcome = step["outcome"].as_str().unwrap_or_default();
            let outcome = if outcome == "tolerated" { "failed" } else { outcome };
            by_title.entry(step["title"].as_str().unwrap_or_default()).or_default().push(outcome);
        }
        for (title, wanted) in by_title {
            let hosted: Vec<&str> = leg.steps.iter().filter(|it| it.name == title).map(|it| name(it.outcome)).collect();
            if !hosted.is_empty() && hosted != wanted {
                self.differ(&format!("{what}: the step {title:?}"), hosted, wanted);
            }
        }
    }

    fn exposed(&mut self) {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for planned in &self.both.plan.jobs {
            names.extend(planned.exposes.iter().map(|it| it.name.as_str()));
        }
        for name in names {
            let hosted = self.both.hosted.artifacts.get(name).map(|it| plain(&it.folder));
            let local = self.both.local["exposed"].as_array().expect("exposed").iter().find(|it| it["name"] == name);
            let local = local.map(|it| plain(&self.both.world.join(it["path"].as_str().expect("a path"))));
            let (hosted, local) = (hosted.map(|it| self.both.plain(it)), local.map(|it| self.both.plain(it)));
            if hosted != local {
                let keys = |it: &Option<BTreeMap<String, String>>| {
                    it.as_ref().map(|it| it.keys().cloned().collect::<Vec<_>>())
                };
                self.differ(&format!("exposed {name:?}"), keys(&hosted), keys(&local));
            }
        }
    }

    /// Every job begins after all that it needs has ended.
    fn order(&mut self) {
        let at = |id: &str| {
            let id =
                self.both.plan.jobs.iter().find(|it| it.id == id).and_then(|it| self.both.legs(it).0).map(|it| it.0);
            let named = |it: &String| id.is_some_and(|id| it == id || it.starts_with(&format!("{id} (")));
            let order = &self.both.hosted.order;
            (order.iter().position(named), order.iter().rposition(named))
        };
        let mut wrong = Vec::new();
        for planned in &self.both.plan.jobs {
            for edge in &planned.needs {
                if let ((Some(begin), _), (_, Some(end))) = (at(&planned.id), at(&edge.job))
                    && begin < end
                {
                    wrong.push(format!("{} began before {} had ended", planned.id, edge.job));
                }
                let (after, before) = (self.both.local(&planned.id), self.both.local(&edge.job));
                if let (Some(begin), Some(end)) = (after["begin"].as_u64(), before["end"].as_u64())
                    && begin < end
                {
                    wrong.push(format!("locally {} began before {} had ended", planned.id, edge.job));
                }
            }
        }
        self.all.extend(wrong);
    }

    fn whole(&mut self) {
        let local = self.both.local["outcome"].as_str().unwrap_or_default();
        let hosted = match self.both.hosted.outcome {
            Outcome::Success | Outcome::Skipped => "succeeded",
            Outcome::Failure => "failed",
            Outcome::Cancelled => "cancelled",
        };
        if hosted != local {
            self.differ("the run", hosted, local);
        }
        for gate in self.both.local["gates"].as_array().into_iter().flatten() {
            let id = gate["id"].as_str().unwrap_or_default();
            let hosted = self.both.hosted.jobs.get(id).map(|it| it.outcome == Outcome::Success);
            if hosted != gate["green"].as_bool() {
                self.differ(&format!("the gate {id}"), hosted, gate);
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

/// All files below a folder by their paths, links and empty folders left out.
fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    fn walk(top: &Path, folder: &Path, all: &mut Vec<(String, PathBuf)>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(top, &path, all);
            } else if path.is_file() {
                all.push((path.strip_prefix(top).expect("below").to_string_lossy().into_owned(), path));
            }
        }
    }
    let mut all = Vec::new();
    walk(folder, folder, &mut all);
    all
}

/// The contents of files given to people: links are followed, modes and empty folders are lost.
fn plain(folder: &Path) -> BTreeMap<String, String> {
    files(folder).into_iter().map(|(name, path)| (name, hex(&std::fs::read(path).expect("a file")))).collect()
}

/// The manifest of an artifact as it was uploaded; packed directories are unpacked and looked at.
fn hosted_manifest(folder: &Path, output: &Output, schema: &Schema) -> BTreeSet<String> {
    // What is uploaded as it is comes without the folders that all of it lies in.
    let above = match packing(output, schema) {
        Packing::Plain => common_folder(schema.fields.iter().map(|it| it.path.as_str())),
        Packing::Packed => String::new(),
    };
    let mut lines = BTreeSet::new();
    let mut files: BTreeMap<String, PathBuf> = files(folder).into_iter().collect();
    files.remove(&format!("{}.artifact", output.name));
    for field in schema.fields.iter().filter(|it| it.kind == FieldKind::Opaque) {
        let name = if field.name.is_empty() { &output.name } else { &field.name };
        let (archive, manifest) =
            (files.remove(&format!("{name}.opaque.tar")), files.remove(&format!("{name}.opaque.manifest")));
        let (Some(archive), Some(manifest)) = (archive, manifest) else { continue };
        let content = std::fs::read(manifest).expect("a file");
        lines.insert(format!("t 0755 {} {} {}", content.len(), hex(&content), field.path));
        let said: BTreeSet<String> =
            String::from_utf8(content).expect("a manifest").lines().map(str::to_owned).collect();
        let unpacked = unpacked_manifest(&archive);
        if unpacked != said {
            lines.insert(format!("{name}: its manifest says {said:?}, but packed is {unpacked:?}"));
        }
    }
    for (name, path) in files {
        let name = if above.is_empty() { name } else { format!("{above}/{name}") };
        let content = std::fs::read(path).expect("a file");
        let executable = schema.fields.iter().any(|it| {
            it.kind == FieldKind::Exec && if it.matches.is_some() { matches(&it.path, &name) } else { it.path == name }
        });
        let mode = if executable { "0755" } else { "0644" };
        lines.insert(format!("f {mode} {} {} {name}", content.len(), hex(&content)));
    }
    lines
}

fn unpacked_manifest(archive: &Path) -> BTreeSet<String> {
    use std::os::unix::fs::PermissionsExt as _;
    fn walk(top: &Path, folder: &Path, lines: &mut BTreeSet<String>) {
        let entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().collect();
        let name = |path: &Path| path.strip_prefix(top).expect("below").to_string_lossy().into_owned();
        if entries.is_empty() && folder != top {
            lines.insert(format!("d 0755 0 - {}", name(folder)));
        }
        for entry in entries {
            let path = entry.path();
            if let Ok(target) = std::fs::read_link(&path) {
                let target = target.to_string_lossy().into_owned();
                lines.insert(format!("l 0644 {} {} {} -> {target}", target.len(), hex(target.as_bytes()), name(&path)));
            } else if path.is_dir() {
                walk(top, &path, lines);
            } else {
                let content = std::fs::read(&path).expect("a file");
                let executable = path.metadata().expect("a file").permissions().mode() & 0o100 != 0;
                let mode = if executable { "0755" } else { "0644" };
                lines.insert(format!("f {mode} {} {} {}", content.len(), hex(&content), name(&path)));
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let done = std::process::Command::new("tar").arg("-xpf").arg(archive).arg("-C").arg(folder.path()).status();
    assert!(done.expect("tar runs").success(), "{}", archive.display());
    let mut lines = BTreeSet::new();
    walk(folder.path(), folder.path(), &mut lines);
    lines
}
