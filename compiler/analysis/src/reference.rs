//! References to what lies outside of Flow: actions and workflows of GitHub, tasks and templates of
//! Azure Pipelines. What they look like, and whether what they name can change.

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Names {
    /// `owner/repo[/path]@ref`.
    Action,
    /// `docker://image:tag`.
    Image,
    /// `./path`, an action among the sources.
    LocalAction,
    /// `Name@1`, a task of Azure Pipelines.
    Task,
    /// `owner/repo/.github/workflows/x.yml@ref`, or without the repository one among the sources.
    Workflow,
    /// `path/x.yml[@repository]`, a template of Azure Pipelines.
    Template,
}

/// A reference that is written correctly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// What it names.
    pub names: Names,
    /// It names the same content for ever.
    pub pinned: bool,
}

/// What is wrong with a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A clause: "names no version".
    pub what: String,
    /// What to do.
    pub help: String,
}

/// Where a reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `uses "…"`, `extern action x = "…"`.
    Action,
    /// `task "…"`, `extern action x = task "…"`.
    Task,
    /// `extern job x = "…"`.
    Job,
}

/// Names of branches: what they lead to changes with every push.
const MOVING: [&str; 8] = ["main", "master", "trunk", "develop", "dev", "head", "latest", "nightly"];

type Result<T> = std::result::Result<T, Problem>;

fn problem<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T> {
    Err(Problem { what: what.into(), help: help.into() })
}

/// Reads a reference.
///
/// # Errors
///
/// What is wrong with it, for people.
pub fn parse(text: &str, form: Form) -> Result<Reference> {
    if text.is_empty() {
        return problem("is empty", example(form));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return problem("has white space in it", example(form));
    }
    match form {
        Form::Task => task(text),
        Form::Action if text.starts_with("docker://") => image(text),
        Form::Action => action(text),
        Form::Job => job(text),
    }
}

const fn example(form: Form) -> &'static str {
    match form {
        Form::Action => "write `owner/repo@v4`, `owner/repo@` and a commit, `docker://image:tag` or `./path`",
        Form::Task => "write the name of the task and its version: `Npm@1`",
        Form::Job => "write `owner/repo/.github/workflows/build.yml@v1`, or the path of a template, `ci/build.yml`",
    }
}

fn task(text: &str) -> Result<Reference> {
    let Some((name, version)) = text.split_once('@') else {
        return problem("names no version", format!("write the version of the task: `{text}@1`"));
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(fine) {
        return problem("is not the name of a task", example(Form::Task));
    }
    let parts: Vec<&str> = version.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !matches!(parts.len(), 1 | 3) || !parts.iter().all(number) {
        return problem(
            format!("has `{version}` for a version"),
            format!("write its major version, `{name}@1`, or the whole, `{name}@1.2.3`"),
        );
    }
    Ok(Reference { names: Names::Task, pinned: parts.len() == 3 })
}

fn image(text: &str) -> Result<Reference> {
    let image = text.strip_prefix("docker://").unwrap_or(text);
    if let Some((name, digest)) = image.split_once('@') {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        if name.is_empty() || hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return problem("has no digest after its `@`", "write `docker://image@sha256:` and 64 hexadecimal digits");
        }
        return Ok(Reference { names: Names::Image, pinned: true });
    }
    // The port of a registry is no tag.
    let last = image.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((name, tag)) if !name.is_empty() && !tag.is_empty() => {
            moving(tag, image)?;
            Ok(Reference { names: Names::Image, pinned: false })
        }
        _ => problem("names no version of the image", format!("write its tag: `docker://{image}:1.0`")),
    }
}

fn action(text: &str) -> Result<Reference> {
    if text.starts_with("./") {
        local(text)?;
        return Ok(Reference { names: Names::LocalAction, pinned: true });
    }
    let (path, pinned) = versioned(text, Form::Action)?;
    if path.contains("/.github/workflows/") {
        return problem("is a workflow, not an action", "bind it with `extern job`, and call it in a pipeline");
    }
    owner_and_repo(path, Form::Action)?;
    Ok(Reference { names: Names::Action, pinned })
}

fn job(text: &str) -> Result<Reference> {
    let yaml = |path: &str| [".yml", ".yaml"].iter().any(|it| path.ends_with(it) && path.len() > it.len());
    let bare = text.split('@').next().unwrap_or_default();
    if !yaml(bare) {
        return problem("is neither a workflow nor a template", example(Form::Job));
    }
    let inside = text.strip_prefix("./").unwrap_or(text);
    if inside.starts_with(".github/workflows/") {
        if text.contains('@') {
            return problem("lies among the sources and has a version", "remove the `@` and what follows it");
        }
        local(&format!("./{inside}"))?;
        return Ok(Reference { names: Names::Workflow, pinned: true });
    }
    if bare.contains("/.github/workflows/") {
        let (path, pinned) = versioned(text, Form::Job)?;
        owner_and_repo(path, Form::Job)?;
        return Ok(Reference { names: Names::Workflow, pinned });
    }
    let (path, repository) = text.split_once('@').map_or((text, None), |(path, it)| (path, Some(it)));
    local(&format!("./{}", path.trim_start_matches("./").trim_start_matches('/')))?;
    if repository.is_some_and(str::is_empty) {
        return problem("names no repository after its `@`", "write the repository's name, or remove the `@`");
    }
    Ok(Reference { names: Names::Template, pinned: repository.is_none() })
}

fn local(text: &str) -> Result<()> {
    if text.split('/').any(|part| part == "..") {
        return problem("leaves the project", "name a folder of the project");
    }
    if text.contains('@') {
        return problem("lies among the sources and has a version", "remove the `@` and what follows it");
    }
    Ok(())
}

/// The path before the `@`, and whether what follows is a commit.
fn versioned(text: &str, form: Form) -> Result<(&str, bool)> {
    let Some((path, version)) = text.rsplit_once('@') else {
        return problem("names no version", format!("write a version or a commit: `{text}@v1`"));
    };
    if version.is_empty() {
        return problem("names no version", example(form));
    }
    let hex = version.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && version.len() == 40 {
        return Ok((path, true));
    }
    let letters = version.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = version.bytes().any(|b| b.is_ascii_digit());
    if hex && letters && digits && version.len() >= 7 {
        return problem("has a shortened commit", "write all 40 digits of the commit; hosted CI refuses less");
    }
    moving(version, path)?;
    Ok((path, false))
}

fn moving(version: &str, path: &str) -> Result<()> {
    if MOVING.contains(&version.to_ascii_lowercase().as_str()) {
        return problem(
            format!("follows `{version}`, which changes without notice"),
            format!("write a version or a commit of `{path}`"),
        );
    }
    Ok(())
}

fn owner_and_repo(path: &str, form: Form) -> Result<()> {
    let fine = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() < 2 || !parts.iter().all(|part| fine(part)) {
        return problem("does not name an owner and a repository", example(form));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Form, Names, parse};

    fn names(text: &str, form: Form) -> Option<(Names, bool)> {
        parse(text, form).ok().map(|it| (it.names, it.pinned))
    }

    #[test]
    fn references_are_told_apart() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(names("a/b@v1", Form::Action), Some((Names::Action, false)));
        assert_eq!(names("a/b/sub/dir@release/v1", Form::Action), Some((Names::Action, false)));
        assert_eq!(names(&format!("a/b@{sha}"), Form::Action), Some((Names::Action, true)));
        assert_eq!(names("./tools/x", Form::Action), Some((Names::LocalAction, true)));
        assert_eq!(names("docker://alpine:3.20", Form::Action), Some((Names::Image, false)));
        assert_eq!(names("Npm@1", Form::Task), Some((Names::Task, false)));
        assert_eq!(names("Npm@1.2.3", Form::Task), Some((Names::Task, true)));
        assert_eq!(names("o/r/.github/workflows/x.yml@v1", Form::Job), Some((Names::Workflow, false)));
        assert_eq!(names("./.github/workflows/x.yml", Form::Job), Some((Names::Workflow, true)));
        assert_eq!(names("ci/x.yml@shared", Form::Job), Some((Names::Template, false)));
        assert_eq!(names("/ci/x.yml", Form::Job), Some((Names::Template, true)));
    }

    #[test]
    fn what_names_no_version_is_refused() {
        let wrong =
            ["", "a", "a/b", "a/b@", "a/b@main", "a/b@abc1234", "a b/c@v1", "docker://alpine", "../x", "a//b@v1"];
        for text in wrong {
            assert_eq!(names(text, Form::Action), None, "{text}");
        }
        for text in ["Npm", "Npm@", "Npm@x", "Npm@1.2", "@1"] {
            assert_eq!(names(text, Form::Task), None, "{text}");
        }
        for text in ["a/b@v1", "x.yml@", ".yml", "o/r/.github/workflows/x.yml", "../x.yml"] {
            assert_eq!(names(text, Form::Job), None, "{text}");
        }
    }
}
