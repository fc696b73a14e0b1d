//! Emitted files, carried out by hand: the scripts in them run in bash, and what lies between them
//! loses what the platforms lose: modes, links and empty folders. No runner is needed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

/// How it went.
pub struct Hosted {
    /// The environment of all jobs.
    env: Vec<(String, String)>,
    /// Whether all jobs succeeded.
    pub succeeded: bool,
    /// What the scripts printed.
    pub said: String,
    /// What was published, by name.
    pub artifacts: PathBuf,
}

/// Carries out a file of GitHub (`jobs` by id) or Azure (`jobs` in a list). Jobs come in order.
pub fn run(file: &str, folder: &Path) -> Hosted {
    let file: Value = serde_yaml::from_str(file).expect("YAML");
    let env = file["env"].as_mapping().into_iter().flatten();
    let env = env.map(|(name, value)| (name.as_str().unwrap_or_default(), value.as_str().unwrap_or_default()));
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut run = Hosted { env, succeeded: true, said: String::new(), artifacts: folder.join("artifacts") };
    let mut outputs = BTreeMap::new();
    match &file["jobs"] {
        Value::Mapping(jobs) => {
            for (id, job) in jobs {
                run.succeeded = run.succeeded && run.job(id.as_str().unwrap_or_default(), job, folder, &mut outputs);
            }
        }
        jobs => {
            for job in jobs.as_sequence().expect("jobs") {
                let id = job["job"].as_str().unwrap_or_default();
                run.succeeded = run.succeeded && run.job(id, job, folder, &mut outputs);
            }
        }
    }
    run
}

impl Hosted {
    fn job(&mut self, id: &str, job: &Value, folder: &Path, outputs: &mut BTreeMap<String, String>) -> bool {
        let temp = folder.join(id).join("temp");
        fs::create_dir_all(&temp).expect("a folder");
        // Azure: `$[ dependencies.JOB.outputs['STEP.NAME'] ]`.
        let mut variables = BTreeMap::new();
        for (name, value) in job["variables"].as_mapping().into_iter().flatten() {
            let words: Vec<&str> = value.as_str().unwrap_or_default().split(['.', '\'', '[', ']', ' ']).collect();
            let found = outputs.iter().find(|(key, _)| key.split('.').all(|part| words.contains(&part)));
            let found = found.map(|(_, value)| value.clone()).unwrap_or_default();
            variables.insert(name.as_str().unwrap_or_default().to_owned(), found);
        }
        let place = |text: &Value| -> String {
            let mut text = text.as_str().unwrap_or_default().to_owned();
            for (name, value) in &variables {
                text = text.replace(&format!("$({name})"), value);
            }
            let temp = temp.to_str().expect("a path");
            text.replace("${{ runner.temp }}", temp)
                .replace("$(Agent.TempDirectory)", temp)
                .replace("$(System.StageAttempt).$(System.JobAttempt)", "1.1")
        };
        for step in job["steps"].as_sequence().expect("steps") {
            let with = if step["with"].is_mapping() { &step["with"] } else { &step["inputs"] };
            let script = if step["run"].is_string() { &step["run"] } else { &step["bash"] };
            if let Some(script) = script.as_str() {
                let github = step["run"].is_string();
                let file = temp.join("script.sh");
                fs::write(&file, script).expect("a file");
                let mut command = Command::new("bash");
                if github {
                    command.args(["--noprofile", "--norc", "-eo", "pipefail"]);
                }
                command.arg(&file).current_dir(&temp).env("RUNNER_TEMP", &temp).env("AGENT_TEMPDIRECTORY", &temp);
                command.envs(self.env.iter().cloned());
                command.env("SYSTEM_STAGEATTEMPT", "1").env("SYSTEM_JOBATTEMPT", "1");
                for (name, value) in step["env"].as_mapping().into_iter().flatten() {
                    command.env(name.as_str().unwrap_or_default(), place(value));
                }
                let done = command.output().expect("bash runs");
                let said =
                    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
                for line in said.lines() {
                    let set = line.strip_prefix("##vso[task.setvariable variable=");
                    if let Some((name, value)) = set.and_then(|it| it.split_once(";isOutput=true]")) {
                        let step = step["name"].as_str().unwrap_or_default();
                        outputs.insert(format!("{id}.{step}.{name}"), value.to_owned());
                    }
                }
                self.said.push_str(&said);
                if !done.status.success() {
                    return false;
                }
                continue;
            }
            let uses = step["uses"].as_str().or(step["task"].as_str()).unwrap_or_default();
            let artifact = |name: &Value| self.artifacts.join(place(name));
            if step["publish"].is_string() {
                transport(Path::new(&place(&step["publish"])), &artifact(&step["artifact"]));
            } else if uses.contains("upload-artifact") {
                transport(Path::new(&place(&with["path"])), &artifact(&with["name"]));
            } else if uses.to_lowercase().contains("download") {
                let name = if with["name"].is_string() { &with["name"] } else { &with["artifact"] };
                let from = artifact(name);
                assert!(from.is_dir(), "{id} downloads {}, which nobody published", from.display());
                transport(&from, Path::new(&place(&with["path"])));
            }
        }
        true
    }
}

/// What a platform keeps: files without modes, nothing else.
fn transport(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to).expect("a folder");
        fs::write(to.join(from.file_name().expect("a name")), fs::read(from).expect("a file")).expect("a copy");
        return;
    }
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            transport(&entry.path(), &target);
        } else if entry.path().is_file() {
            fs::create_dir_all(to).expect("a folder");
            fs::write(&target, fs::read(entry.path()).expect("a file")).expect("a copy");
        }
    }
}
