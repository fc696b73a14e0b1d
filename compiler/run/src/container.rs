//! Containers through `docker` or `podman`: the one that the steps of a job run in, and services beside it.
//!
//! The job's folder is mounted at its own path, so all paths mean the same inside and outside. Values reach
//! containers through the environment of the program that starts them, never through its arguments.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use flow_plan::model::{Const, Container as Image, Job, SettingValue};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::cancel::{Cancel, Urgency};
use crate::compute::list;
use crate::error::{NeedsContainer, RunError};
use crate::event::Cause;
use crate::files;
use crate::folder::JobFolder;
use crate::job::Shared;
use crate::options::Options;
use crate::scope::Scope;
use crate::step::Variables;
use crate::{shell, system};

/// How often a service is asked whether it is ready.
const LOOK: Duration = Duration::from_millis(200);

type Environment = BTreeMap<OsString, OsString>;

/// The program that runs containers.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    path: PathBuf,
    /// What it is started with.
    environment: Environment,
}

/// What runs for a job.
pub(crate) struct Container {
    engine: Engine,
    /// The container of the steps.
    steps: Option<String>,
    /// All containers.
    names: Vec<String>,
    network: String,
    folder: PathBuf,
}

impl Engine {
    /// The engine, if `jobs` need one.
    pub(crate) fn find<'a>(jobs: impl Iterator<Item = &'a Job>, options: &Options) -> Result<Option<Self>, RunError> {
        let mut needs = Vec::new();
        for job in jobs {
            let services = job.services.iter().map(|it| (format!("the service `{}`", it.name), &it.place));
            let container = job.container.iter().map(|_| ("a container".to_owned(), &job.place));
            needs.extend(container.chain(services).map(|(what, place)| NeedsContainer {
                job: job.id.clone(),
                what,
                place: place.clone(),
            }));
        }
        if needs.is_empty() {
            return Ok(None);
        }
        let found = ["docker", "podman"].into_iter().find_map(|name| shell::find(name, &options.environment));
        let path = found.ok_or(RunError::NoContainers(needs))?;
        Ok(Some(Self { path, environment: options.environment.clone() }))
    }

    /// Runs the engine to its end, and returns what it prints.
    async fn call(&self, what: &str, arguments: &[OsString], input: Option<&str>) -> Result<String, Cause> {
        let failed = |message: String| Cause::Container { what: what.to_owned(), message };
        let mut command = Command::new(&self.path);
        command.args(arguments).env_clear().envs(&self.environment).kill_on_drop(true);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        system::in_own_group(&mut command);
        let child = {
            let _guard = files::starting_process();
            command.spawn()
        };
        let mut child = child.map_err(|error| failed(error.to_string()))?;
        if let (Some(input), Some(mut to)) = (input, child.stdin.take()) {
            // Who does not read it fails, and says why.
            let _ = to.write_all(input.as_bytes()).await;
        }
        let output = child.wait_with_output().await.map_err(|error| failed(error.to_string()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(failed(text(&output.stderr))) }
    }

    /// Starts what a job needs, and waits until its services are ready.
    pub(crate) async fn start(
        &self,
        shared: &Shared,
        job: &Job,
        id: &str,
        folder: &JobFolder,
        scope: &Scope<'_>,
        cancel: &Cancel,
    ) -> Result<Container, Cause> {
        let name = format!("flow-{}-{id}", shared.folder.id);
        let mut started = Container {
            engine: self.clone(),
            steps: None,
            names: Vec::new(),
            network: name.clone(),
            folder: folder.0.clone(),
        };
        let result = tokio::select! {
            result = started.begin(job, &name, scope) => result,
            () = cancel.reached(Urgency::Gently) => {
                Err(Cause::Container { what: "start the containers".to_owned(), message: "cancelled".to_owned() })
            }
        };
        match result {
            Ok(()) => Ok(started),
            Err(cause) => {
                started.end(shared).await;
                Err(cause)
            }
        }
    }
}

impl Container {
    async fn begin(&mut self, job: &Job, name: &str, scope: &Scope<'_>) -> Result<(), Cause> {
        self.engine.call("make a network", &words(["network", "create", &self.network]), None).await?;
        let mut waiting = Vec::new();
        for service in &job.services {
            let what = format!("start the service `{}`", service.name);
            let own = format!("{name}-{}", service.name);
            let mut arguments = words(["run", "--detach", "--name", &own, "--network", &self.network]);
            arguments.extend(words(["--network-alias", &service.name]));
            self.run(&what, &own, arguments, &service.container, scope, &[]).await?;
            waiting.push((what, own));
        }
        if let Some(image) = &job.container {
            let mut arguments = words(["run", "--detach", "--name", name, "--network", &self.network]);
            arguments.push("--volume".into());
            arguments.push([self.folder.as_os_str(), ":".as_ref(), self.folder.as_os_str()].into_iter().collect());
            // It waits for the steps; what the image itself would start is not wanted.
            arguments.extend(words(["--entrypoint", "tail"]));
            self.run("start the container", name, arguments, image, scope, &["-f", "/dev/null"]).await?;
            self.steps = Some(name.to_owned());
        }
        for (what, own) in waiting {
            self.ready(&what, &own).await?;
        }
        Ok(())
    }

    /// Starts one container.
    async fn run(
        &mut self,
        what: &str,
        name: &str,
        mut arguments: Vec<OsString>,
        container: &Image,
        scope: &Scope<'_>,
        command: &[&str],
    ) -> Result<(), Cause> {
        let settings = Settings { container, scope };
        let failed = |message| Cause::Container { what: what.to_owned(), message };
        let image = scope.text(&container.image).map_err(failed)?;
        let mut engine = self.engine.clone();
        if let Some((user, password)) = settings.credentials().map_err(failed)? {
            engine.log_in(what, &self.folder, &image, &user, &password).await?;
        }
        let env = settings.env().map_err(failed)?;
        for (variable, value) in env {
            arguments.extend(words(["--env", &variable]));
            engine.environment.insert(variable.into(), value.into());
        }
        arguments.extend(settings.options().map_err(failed)?.into_iter().map(OsString::from));
        arguments.push(image.into());
        arguments.extend(command.iter().map(OsString::from));
        // It may be there even where starting it fails.
        self.names.push(name.to_owned());
        engine.call(what, &arguments, None).await.map(drop)
    }

    /// Waits until a service that can tell is ready.
    async fn ready(&self, what: &str, name: &str) -> Result<(), Cause> {
        let format = "{{if .State.Health}}{{.State.Health.Status}}{{end}}";
        loop {
            let state = self.engine.call(what, &words(["inspect", "--format", format, name]), None).await?;
            match state.as_str() {
                "starting" => tokio::time::sleep(LOOK).await,
                "unhealthy" => {
                    let log = self.engine.call(what, &words(["logs", "--tail", "20", name]), None).await;
                    let log = log.unwrap_or_default();
                    let message = format!("it does not become ready; the last that it printed: {log}");
                    return Err(Cause::Container { what: what.to_owned(), message });
                }
                _ => return Ok(()),
            }
        }
    }

    /// Whether steps run in it, and not beside it.
    pub(crate) const fn runs_steps(&self) -> bool {
        self.steps.is_some()
    }

    /// The program that runs a step in it.
    pub(crate) fn program(&self) -> &Path {
        &self.engine.path
    }

    /// That program's arguments and variables, for a script.
    pub(crate) fn exec(
        &self,
        folder: &Path,
        shell: &str,
        arguments: Vec<OsString>,
        variables: &Variables,
    ) -> (Vec<OsString>, Environment) {
        let mut all = words(["exec", "--workdir"]);
        all.push(folder.into());
        let mut environment = self.engine.environment.clone();
        for (name, value) in &variables.set {
            all.extend(["--env".into(), name.clone()]);
            environment.insert(name.clone(), value.clone());
        }
        let searched: Vec<String> = variables.folders.iter().map(|it| it.to_string_lossy().into_owned()).collect();
        if !searched.is_empty() {
            all.extend(words(["--env", "FLOW_PATH"]));
            environment.insert("FLOW_PATH".into(), searched.join(":").into());
        }
        all.extend(self.steps.iter().map(OsString::from));
        if !searched.is_empty() {
            // Only inside it is known what the search path is.
            all.extend(words(["sh", "-c", "PATH=\"$FLOW_PATH:$PATH\" exec \"$@\"", "sh"]));
        }
        all.push(shell.into());
        all.extend(arguments);
        (all, environment)
    }

    /// Removes all of it. What fails here is told and no more.
    pub(crate) async fn end(self, shared: &Shared) {
        let mut problems = Vec::new();
        // Those that podman makes for a user are that user's.
        let docker = self.engine.path.file_stem().is_some_and(|it| it == "docker");
        if let (Some(name), Some(owner), true) = (&self.steps, system::owner(), docker) {
            let mut arguments = words(["exec", "--user", "0", name, "chown", "-R", &owner]);
            arguments.push(self.folder.clone().into());
            problems.extend(self.engine.call("take back the files", &arguments, None).await.err());
        }
        if !self.names.is_empty() {
            let names = self.names.iter().map(String::as_str);
            let arguments = words(["rm", "--force", "--volumes"].into_iter().chain(names));
            problems.extend(self.engine.call("remove the containers", &arguments, None).await.err());
        }
        let arguments = words(["network", "rm", &self.network]);
        problems.extend(self.engine.call("remove the network", &arguments, None).await.err());
        for problem in problems {
            (shared.tell)(crate::event::Event::Note { job: None, text: format!("the job {problem}") });
        }
    }
}

impl Engine {
    /// Lets the engine fetch an image, without leaving the password behind.
    async fn log_in(
        &mut self,
        what: &str,
        folder: &Path,
        image: &str,
        user: &str,
        password: &str,
    ) -> Result<(), Cause> {
        let login = folder.join("login");
        files::make_folder(&login)?;
        if !self.environment.contains_key(std::ffi::OsStr::new("DOCKER_HOST")) {
            // Where the engine is says a file that lies beside the passwords.
            let question = words(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
            if let Ok(host) = self.call(what, &question, None).await
                && host.contains("://")
            {
                self.environment.insert("DOCKER_HOST".into(), host.into());
            }
        }
        self.environment.insert("DOCKER_CONFIG".into(), login.clone().into());
        self.environment.insert("REGISTRY_AUTH_FILE".into(), login.join("auth.json").into());
        let mut arguments = words(["login", "--username", user, "--password-stdin"]);
        // `registry/name`: the first part is one if it looks like a host.
        if let Some((registry, _)) = image.split_once('/')
            && (registry.contains(['.', ':']) || registry == "localhost")
        {
            arguments.push(registry.into());
        }
        self.call(what, &arguments, Some(password)).await.map(drop)
    }
}

/// What was said of a container.
struct Settings<'a> {
    container: &'a Image,
    scope: &'a Scope<'a>,
}

impl Settings<'_> {
    fn find(&self, name: &str) -> Option<&SettingValue> {
        self.container.settings.iter().find(|(it, _)| it == name).map(|(_, value)| value)
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let Some(SettingValue::Value(value)) = self.find(name) else { return Ok(Vec::new()) };
        let value = self.scope.eval(value)?;
        Ok(match &value {
            Const::List(_) | Const::None => list(&value)?.iter().map(Const::text).collect(),
            one => vec![one.text()],
        })
    }

    fn map(&self, name: &str) -> Result<Vec<(String, String)>, String> {
        let Some(SettingValue::Map(entries)) = self.find(name) else { return Ok(Vec::new()) };
        let text = |(name, value): &(String, SettingValue)| match value {
            SettingValue::Value(value) => Ok((name.clone(), self.scope.text(value)?)),
            SettingValue::Map(_) => Err(format!("`{name}` has settings of its own")),
        };
        entries.iter().map(text).collect()
    }

    fn env(&self) -> Result<Vec<(String, String)>, String> {
        self.map("env")
    }

    fn credentials(&self) -> Result<Option<(String, String)>, String> {
        let all = self.map("credentials")?;
        let find = |name: &str| all.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
        Ok(find("username").zip(find("password")))
    }

    /// All else, as the engine's options.
    fn options(&self) -> Result<Vec<String>, String> {
        let mut options = Vec::new();
        for port in self.texts("ports")? {
            // A port alone is the same one on both sides.
            let port = if port.contains(':') { port } else { format!("{port}:{port}") };
            options.extend(["--publish".to_owned(), port]);
        }
        for volume in self.texts("volumes")? {
            options.extend(["--volume".to_owned(), volume]);
        }
        let mut health = self.map("health")?;
        health.extend(self.texts("health")?.into_iter().map(|command| ("command".to_owned(), command)));
        for (name, value) in health {
            let name = match name.as_str() {
                "command" => "--health-cmd".to_owned(),
                other => format!("--health-{}", other.replace('_', "-")),
            };
            options.extend([name, value]);
        }
        for text in self.texts("options")? {
            options.extend(split(&text));
        }
        Ok(options)
    }
}

/// A text as the words that a shell would make of it; only quotes and backslashes mean something.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(characters.next()),
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
    words.into_iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn options_are_words() {
        assert_eq!(split("--cpus 2  --label \"a b\" 'c \" d'"), ["--cpus", "2", "--label", "a b", "c \" d"]);
        assert_eq!(split("--health-cmd=\"pg_isready -U \\\"x\\\"\" ''"), ["--health-cmd=pg_isready -U \"x\"", ""]);
    }
}
