//! Every folder of examples/: its program is clean, its plan is the one in snapshots/, and the files
//! that it emits are the committed ones, which another YAML reader understands as the plan means them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flow_emit::{Emitted, Options};
use flow_plan::elaborate;
use flow_plan::model::{Backend, EdgeKind, Plan};
use flow_tests::binary::run;
use flow_tests::check::Program;
use flow_tests::fixture::Source;
use serde_yaml::{Mapping, Value};

struct Example {
    name: String,
    folder: PathBuf,
    program: Program,
}

/// The folders of examples/ that hold programs.
fn examples() -> Vec<Example> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(flow_tests::repository().join("examples"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.is_dir())
        .collect();
    folders.sort();
    let examples: Vec<Example> = folders
        .into_iter()
        .map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let mut sources = Vec::new();
            programs(&folder, &folder, &mut sources);
            assert!(!sources.is_empty(), "examples/{name} has no program");
            Example { program: Program::new(&sources), name, folder }
        })
        .collect();
    assert!(!examples.is_empty());
    examples
}

fn programs(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() && !entry.file_name().unwrap().to_str().unwrap().starts_with('.') {
            programs(root, &entry, sources);
        } else if entry.extension().is_some_and(|it| it == "flow") && entry.is_file() {
            let path = entry.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let text = std::fs::read_to_string(&entry).unwrap();
            sources.push(Source { path, named: true, text, lines: Vec::new() });
        }
    }
}

/// All pipelines of an example with the backends that they support.
fn plans(example: &Example) -> Vec<(String, Backend, std::sync::Arc<Plan>)> {
    let db = &example.program.db;
    let mut all = Vec::new();
    for pipeline in elaborate::pipelines(db) {
        let name = pipeline.name(db).to_string();
        for backend in elaborate::backends(db, pipeline) {
            all.push((name.clone(), backend, example.program.plan(Some(&name), backend)));
        }
    }
    all
}

/// A pipeline for a backend that reads a file: its plan, and the file or why there is none yet.
struct Hosted {
    pipeline: String,
    backend: Backend,
    plan: std::sync::Arc<Plan>,
    emitted: Result<Emitted, BTreeSet<String>>,
}

fn hosted(example: &Example) -> Vec<Hosted> {
    let hosted = plans(example).into_iter().filter(|(_, backend, _)| *backend != Backend::Local);
    hosted
        .map(|(pipeline, backend, plan)| {
            let command = format!("flowc emit {pipeline} --backend {}", backend.name());
            let emitted = flow_emit::emit(&plan, &Options { command, ..Options::default() })
                .map_err(|errors| errors.into_iter().map(|it| it.message).collect());
            Hosted { pipeline, backend, plan, emitted }
        })
        .collect()
}

#[test]
fn examples_are_clean() {
    for example in examples() {
        let ran = run(&example.folder, &["check"]);
        assert_eq!(ran.code, Some(0), "{}: {}", example.name, ran.all());
        assert!(ran.all().contains("no findings"), "{}: {}", example.name, ran.all());
    }
}

#[test]
fn plans_are_as_they_were() {
    for example in examples() {
        for (pipeline, backend, plan) in plans(&example) {
            let mut json = serde_json::to_value(&*plan).unwrap();
            strip_places(&mut json);
            let name = format!("{}_{pipeline}_{}", example.name, backend.name());
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(name, serde_json::to_string_pretty(&json).unwrap());
            });
        }
    }
}

/// A line more in a program is no other plan.
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

#[test]
fn plans_survive_their_json() {
    for example in examples() {
        for (_, _, plan) in plans(&example) {
            let text = serde_json::to_string(&*plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), *plan);
        }
    }
}

#[test]
fn jobs_stand_after_those_they_need() {
    for example in examples() {
        for (_, _, plan) in plans(&example) {
            let mut before = BTreeSet::new();
            for job in &plan.jobs {
                for edge in &job.needs {
                    assert!(before.contains(&edge.job), "{} needs {}, which comes later", job.id, edge.job);
                }
                assert!(before.insert(job.id.clone()), "two jobs are called {}", job.id);
            }
        }
    }
}

#[test]
fn emitted_files_are_the_committed_ones() {
    for example in examples() {
        for Hosted { pipeline, backend, emitted, .. } in hosted(&example) {
            let Ok(emitted) = emitted else { continue };
            let path = example.folder.join(&emitted.path);
            let committed = std::fs::read_to_string(&path).unwrap_or_else(|error| {
                panic!("examples/{}/{}: {error}; run `flowc emit` there", example.name, emitted.path)
            });
            assert!(
                committed == emitted.text,
                "examples/{}/{} differs; run `flowc emit` there",
                example.name,
                emitted.path
            );
            let ran = run(&example.folder, &["emit", &pipeline, "--backend", backend.name(), "--check"]);
            assert_eq!(ran.code, Some(0), "{}: {}", example.name, ran.all());
        }
    }
}

/// What keeps an example from being emitted is only what is not built yet, and the list shrinks.
/// `.ci/run` asks `emit --check` of every example without such a list.
#[test]
fn what_is_not_emitted_yet_is_listed() {
    let mut listed = BTreeSet::new();
    for example in examples() {
        for Hosted { pipeline, backend, emitted, .. } in hosted(&example) {
            let Err(refused) = emitted else { continue };
            for message in &refused {
                assert!(message.starts_with("F0701: "), "{}, {pipeline}: {message}", example.name);
            }
            let name = format!("refused_{}_{pipeline}_{}", example.name, backend.name());
            listed.insert(format!("golden__{name}.snap"));
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(name, refused.into_iter().collect::<Vec<_>>().join("\n"));
            });
        }
    }
    for entry in std::fs::read_dir(flow_tests::repository().join("tests/snapshots")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("golden__refused_") && name.ends_with(".snap") {
            assert!(listed.contains(&name), "tests/snapshots/{name}: it is emitted now; remove the list");
        }
    }
}

/// Nobody left a file behind that no pipeline makes.
#[test]
fn committed_files_are_emitted() {
    for example in examples() {
        let emitted: BTreeSet<PathBuf> = hosted(&example)
            .iter()
            .filter_map(|it| Some(example.folder.join(&it.emitted.as_ref().ok()?.path)))
            .collect();
        for folder in [".github/workflows", ".azure-pipelines"] {
            let Ok(entries) = std::fs::read_dir(example.folder.join(folder)) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                assert!(emitted.contains(&path), "{} is made by no pipeline", path.display());
            }
        }
    }
}

/// Who needs whom, by the plan.
fn needs(plan: &Plan, id: impl Fn(&str) -> String) -> BTreeMap<String, BTreeSet<String>> {
    plan.jobs.iter().map(|job| (id(&job.id), job.needs.iter().map(|edge| id(&edge.job)).collect())).collect()
}

/// A text, a list of texts, or nothing.
fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Null => BTreeSet::new(),
        Value::String(one) => BTreeSet::from([one.clone()]),
        Value::Sequence(many) => many.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
        other => panic!("neither a text nor a list: {other:?}"),
    }
}

/// The jobs of a workflow, each leg of a static matrix as the job of the plan that it is shown as.
fn expanded(yaml: &Value, plan: &Plan) -> Mapping {
    let mut all = Mapping::new();
    let mut joined: Vec<(String, Vec<String>)> = Vec::new();
    for (id, job) in yaml["jobs"].as_mapping().unwrap() {
        let matrix = job["strategy"]["matrix"].as_mapping();
        let Some((key, legs)) = matrix.and_then(|it| it.iter().find_map(|(key, it)| Some((key, it.as_sequence()?))))
        else {
            all.insert(id.clone(), job.clone());
            continue;
        };
        let mut ids = Vec::new();
        for leg in legs {
            let leg = match key.as_str() {
                Some("include") => leg.clone(),
                _ => Value::Mapping([(key.clone(), leg.clone())].into_iter().collect()),
            };
            let mut text = serde_yaml::to_string(job).unwrap();
            for (name, value) in leg.as_mapping().unwrap() {
                let value = serde_yaml::to_string(value).unwrap();
                let value = value.trim().trim_matches('\'');
                text = text.replace(&format!("${{{{ matrix.{} }}}}", name.as_str().unwrap()), value);
            }
            let job: Value = serde_yaml::from_str(&text).unwrap();
            let shown = plan.jobs.iter().find(|it| job["name"].as_str() == Some(&it.title)).unwrap();
            ids.push(shown.id.clone());
            all.insert(shown.id.as_str().into(), job);
        }
        joined.push((id.as_str().unwrap().to_owned(), ids));
    }
    for job in all.values_mut() {
        for (id, legs) in &joined {
            if texts(&job["needs"]).contains(id) {
                let text = serde_yaml::to_string(job).unwrap();
                let text = text.replace(&format!("needs.{id}."), &format!("needs.{}.", legs[0]));
                *job = serde_yaml::from_str(&text).unwrap();
                let needs = texts(&job["needs"]).into_iter().filter(|it| it != id).chain(legs.iter().cloned());
                job["needs"] = needs.map(Value::from).collect::<Vec<_>>().into();
            }
        }
    }
    all
}

#[test]
fn workflows_of_github_say_what_the_plan_says() {
    for example in examples() {
        for Hosted { backend, plan, emitted, .. } in hosted(&example) {
            let (Backend::Github, Ok(emitted)) = (backend, emitted) else { continue };
            let yaml: Value = serde_yaml::from_str(&emitted.text).unwrap();
            let jobs = &expanded(&yaml, &plan);
            let found: BTreeMap<String, BTreeSet<String>> =
                jobs.iter().map(|(id, job)| (id.as_str().unwrap().to_owned(), texts(&job["needs"]))).collect();
            // A condition may have to ask more jobs than those that come right before.
            for (job, before) in needs(&plan, str::to_owned) {
                assert!(found[&job].is_superset(&before), "{}: {job} needs {before:?}", example.name);
            }
            for (job, before) in &found {
                let gate = plan.gates.iter().find(|it| it.id == *job);
                let covered = gate.map(|it| it.covers.iter().cloned().collect::<BTreeSet<_>>());
                assert!(covered.is_none_or(|it| before.is_superset(&it)), "{}: {job} covers all", example.name);
                let known = gate.is_some() || job == "plan" || plan.jobs.iter().any(|it| it.id == *job);
                assert!(known, "{}: {job} is no job of the plan", example.name);
                assert!(before.iter().all(|it| found.contains_key(it)), "{}: {job} needs {before:?}", example.name);
            }

            let steps = |job: &Value, action: &str| -> Vec<Value> {
                let uses =
                    |it: &&Value| it["uses"].as_str().is_some_and(|uses| uses.starts_with(&format!("{action}@")));
                // A job that is another workflow has none.
                let steps = job["steps"].as_sequence().into_iter().flatten();
                steps.filter(uses).map(|it| it["with"].clone()).collect()
            };
            // What may not be there comes by a pattern.
            let name = |with: &Value| with["name"].as_str().or(with["pattern"].as_str()).unwrap().to_owned();
            let uploaded: BTreeMap<String, BTreeSet<String>> = jobs
                .iter()
                .map(|(id, job)| {
                    (id.as_str().unwrap().to_owned(), steps(job, "actions/upload-artifact").iter().map(name).collect())
                })
                .collect();
            let all: Vec<&String> = uploaded.values().flatten().collect();
            assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "one name is uploaded twice: {all:?}");
            for job in &plan.jobs {
                let yaml = &jobs[job.id.as_str()];
                // The title of a stage stands before it.
                assert!(yaml["name"].as_str().is_some_and(|name| name.contains(&job.title)));
                let downloaded: Vec<String> = steps(yaml, "actions/download-artifact").iter().map(name).collect();
                // What the turns of a loop gave comes by their number.
                let (turns, downloaded): (Vec<String>, Vec<String>) =
                    downloaded.into_iter().partition(|name| name.ends_with(".values.*"));
                for name in turns.iter().chain(&downloaded) {
                    let start = name.trim_end_matches('*');
                    let has = |made: &String| made == name || start != name && made.starts_with(start);
                    let maker = job.needs.iter().find(|edge| uploaded[&edge.job].iter().any(has));
                    assert!(maker.is_some(), "{} downloads {name}, which no job that it needs uploads", job.id);
                }
                assert_eq!(downloaded.len(), files_of(job), "{} downloads what it reads, each once", job.id);
                assert_reads_are_needed(&job.id, yaml, &found);
                for exposed in &job.exposes {
                    assert!(uploaded[&job.id].contains(&exposed.name), "{} does not upload {}", job.id, exposed.name);
                }
            }
        }
    }
}

/// How many artifacts a job reads.
fn files_of(job: &flow_plan::model::Job) -> usize {
    job.needs.iter().filter(|edge| matches!(edge.kind, EdgeKind::Artifact(_))).count()
}

/// A platform gives outputs of direct needs only.
fn assert_reads_are_needed(id: &str, yaml: &Value, needs: &BTreeMap<String, BTreeSet<String>>) {
    let text = serde_yaml::to_string(yaml).unwrap();
    for read in text.split("needs.").skip(1) {
        let from: String = read.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
        // `needs.*` is all of them.
        assert!(read.starts_with('*') || needs[id].contains(&from), "{id} reads needs.{from}, which it does not need");
    }
}

#[test]
fn pipelines_of_azure_say_what_the_plan_says() {
    let id = |id: &str| id.replace('-', "_");
    for example in examples() {
        for Hosted { backend, plan, emitted, .. } in hosted(&example) {
            let (Backend::Ado, Ok(emitted)) = (backend, emitted) else { continue };
            let yaml: Value = serde_yaml::from_str(&emitted.text).unwrap();
            let jobs: BTreeMap<String, Value> = yaml["jobs"]
                .as_sequence()
                .unwrap()
                .iter()
                .map(|job| (job["job"].as_str().unwrap().to_owned(), job.clone()))
                .collect();
            let found: BTreeMap<String, BTreeSet<String>> =
                jobs.iter().map(|(id, job)| (id.clone(), texts(&job["dependsOn"]))).collect();
            assert_eq!(found, needs(&plan, id), "{}", example.name);

            for job in &plan.jobs {
                let yaml = &jobs[&id(&job.id)];
                assert_eq!(yaml["displayName"].as_str(), Some(job.title.as_str()));
                let steps = yaml["steps"].as_sequence().unwrap();
                let downloads: Vec<&str> = steps
                    .iter()
                    .filter(|it| it["task"].as_str().is_some_and(|task| task.starts_with("DownloadPipelineArtifact@")))
                    .map(|it| it["inputs"]["artifact"].as_str().unwrap())
                    .collect();
                assert_eq!(downloads.len(), files_of(job), "{} downloads what it reads, each once", job.id);
                for download in downloads {
                    // `$(flow_in_tool)`: the name comes from the job that published it.
                    let variable = download.strip_prefix("$(").and_then(|it| it.strip_suffix(')')).unwrap();
                    let (maker, step, output) = output_of(yaml["variables"][variable].as_str().unwrap());
                    assert!(
                        found[&id(&job.id)].contains(&maker),
                        "{} reads of {maker}, which it does not need",
                        job.id
                    );
                    let script = script_of(&jobs[&maker], &step);
                    assert!(
                        script.contains(&format!("variable={output};isOutput=true]")),
                        "{maker} does not set {output}"
                    );
                }
                let published = steps.iter().filter(|it| it["publish"].as_str().is_some()).count();
                let files = job
                    .outputs
                    .iter()
                    .filter(|it| !matches!(it.kind, flow_plan::model::OutputKind::Value { .. }))
                    .count();
                assert!(published >= files, "{} publishes {published} of {files}", job.id);
            }
        }
    }
}

/// `(build, step, name)` of `$[ dependencies.build.outputs['step.name'] ]`.
fn output_of(text: &str) -> (String, String, String) {
    let inner = text.strip_prefix("$[ dependencies.").and_then(|it| it.strip_suffix("'] ]")).unwrap();
    let (maker, output) = inner.split_once(".outputs['").unwrap();
    let (step, name) = output.split_once('.').unwrap();
    (maker.to_owned(), step.to_owned(), name.to_owned())
}

/// The script of a named step.
fn script_of(job: &Value, step: &str) -> String {
    let steps = job["steps"].as_sequence().unwrap();
    let found = steps.iter().find(|it| it["name"].as_str() == Some(step));
    found.unwrap_or_else(|| panic!("no step {step}"))["bash"].as_str().unwrap().to_owned()
}
