//! A `run`: the shell, its environment, the files by which it answers.

use std::path::Path;
use std::time::Instant;

use super::commands::{Commands, pairs};
use super::job::{Machine, merged};
use super::{Step, glob, process};

/// Runs a script.
pub(super) fn run(
    machine: &mut Machine<'_>,
    script: &str,
    shell: &str,
    folder: &str,
    env: &[(String, String)],
    done: &mut Step,
    deadline: Instant,
) -> Result<(), String> {
    let shell = if shell.is_empty() { machine.shell.clone() } else { shell.to_owned() };
    let folder = if folder.is_empty() { machine.folder.clone() } else { folder.to_owned() };
    let cwd = glob::plain(&machine.workspace.join(folder));
    let number = machine.whole.counter();
    let ending = match shell.as_str() {
        "python" => "py",
        "pwsh" => "ps1",
        _ => "sh",
    };
    let mut text = script.to_owned();
    if shell == "pwsh" {
        text = format!(
            "$ErrorActionPreference = 'stop'\n{text}\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) {{ exit $LASTEXITCODE }}"
        );
    }
    let file = machine.temp.join(format!("step-{number}.{ending}"));
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let file = file.to_string_lossy();
    let template = match shell.as_str() {
        "" => "bash -e {0}",
        "bash" => "bash --noprofile --norc -eo pipefail {0}",
        "sh" => "sh -e {0}",
        // Runners have it by the short name, too.
        "python" => "python3 {0}",
        "pwsh" => "pwsh -command . '{0}'",
        own if own.contains("{0}") => own,
        _ => return Err(format!("there is no shell {shell}")),
    };
    let mut words: Vec<String> = template.split(' ').map(|it| it.replace("{0}", &file)).collect();
    if shell == "pwsh" {
        words = vec!["pwsh".to_owned(), "-command".to_owned(), format!(". '{file}'")];
    }
    if !cwd.is_dir() {
        return Err(format!("there is no folder {}", cwd.display()));
    }
    process(machine, &words, &cwd, env, done, deadline)
}

/// Runs a process of a step.
pub(super) fn process(
    machine: &mut Machine<'_>,
    words: &[String],
    folder: &Path,
    env: &[(String, String)],
    done: &mut Step,
    deadline: Instant,
) -> Result<(), String> {
    let number = machine.whole.counter();
    let files = ["OUTPUT", "ENV", "PATH", "STEP_SUMMARY", "STATE"].map(|name| {
        (name, machine.temp.join("_runner_file_commands").join(format!("{}_{number}", name.to_lowercase())))
    });
    std::fs::create_dir_all(machine.temp.join("_runner_file_commands")).map_err(|error| error.to_string())?;
    let mut environment = merged(&base(machine)?, env);
    for (name, path) in &files {
        std::fs::write(path, "").map_err(|error| error.to_string())?;
        environment.push((format!("GITHUB_{name}"), path.to_string_lossy().into_owned()));
    }
    // What a workflow may set is the tail of the search path alone.
    let path = environment.iter_mut().find(|(name, _)| name == "PATH").expect("there is a search path");
    path.1 = machine.path.iter().rev().chain(std::iter::once(&path.1)).cloned().collect::<Vec<_>>().join(":");

    let ended = process::run(words, folder, &environment, deadline)?;
    machine.left.extend(ended.left);
    let mut commands = Commands::default();
    let mut wrong = None;
    for line in ended.output.lines() {
        wrong = wrong.or(commands.line(line).err());
    }
    machine.masks.extend(commands.masks);
    machine.masks.sort_by_key(|it| std::cmp::Reverse(it.len()));
    done.annotations.extend(commands.annotations);
    done.log.push_str(&ended.output);
    machine.say(&ended.output);

    let [output, env, path, summary, _] = files.map(|(_, path)| std::fs::read(path).unwrap_or_default());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| "a file for the runner is not UTF-8".to_owned());
    done.outputs.extend(pairs(&text(output)?)?);
    for (name, value) in pairs(&text(env)?)? {
        if name == "NODE_OPTIONS" || name.starts_with("GITHUB_") || name.starts_with("RUNNER_") {
            return Err(format!("{name} may not be set"));
        }
        machine.env = merged(&machine.env, &[(name, value)]);
    }
    machine.path.extend(text(path)?.lines().filter(|it| !it.is_empty()).map(str::to_owned));
    done.summary.push_str(&text(summary)?);
    if done.summary.len() > 1 << 20 {
        return Err("a summary of more than 1 MiB".to_owned());
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    done.exit = ended.code;
    match ended.code {
        Some(0) => Ok(()),
        Some(code) => Err(format!("Process completed with exit code {code}.")),
        None => Err("its time was up".to_owned()),
    }
}

/// What every process of a job has.
fn base(machine: &Machine<'_>) -> Result<Vec<(String, String)>, String> {
    let outside = |name: &str| std::env::var(name).ok();
    let home = outside("HOME").unwrap_or_default();
    let event = machine.temp.join("_github_workflow");
    std::fs::create_dir_all(&event).map_err(|error| error.to_string())?;
    let event = event.join("event.json");
    let github = &machine.contexts["github"];
    std::fs::write(&event, github.get("event").json()).map_err(|error| error.to_string())?;

    let mut all: Vec<(String, String)> = [
        ("PATH", outside("PATH").unwrap_or_default()),
        ("HOME", machine.home.to_string_lossy().into_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("CI", "true".to_owned()),
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_EVENT_PATH", event.to_string_lossy().into_owned()),
        ("RUSTUP_HOME", outside("RUSTUP_HOME").unwrap_or_else(|| format!("{home}/.rustup"))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(toolchain) = outside("RUSTUP_TOOLCHAIN") {
        all.push(("RUSTUP_TOOLCHAIN".to_owned(), toolchain));
    }
    let hidden = ["token", "event", "job_workflow_sha", "secret_source"];
    for (prefix, context) in [("GITHUB", github), ("RUNNER", &machine.contexts["runner"])] {
        for (name, value) in context.entries().iter().filter(|(name, _)| !hidden.contains(&name.as_str())) {
            if name != "debug" {
                all.push((format!("{prefix}_{}", name.to_uppercase()), value.text()));
            }
        }
    }
    Ok(all)
}
