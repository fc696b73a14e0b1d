//! What starts a run, and what the `github` context says of it.

use super::value::Value;

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `pull_request`.
    pub name: String,
    /// `github.event`
    pub payload: Value,
    /// `github.ref`
    pub reference: String,
    /// `github.head_ref`
    pub head: String,
    /// `github.base_ref`
    pub base: String,
}

impl Event {
    /// Any event on a branch, with a payload as JSON.
    pub fn of(name: &str, branch: &str, payload: &str) -> Self {
        let payload = serde_json::from_str(payload).unwrap_or_else(|error| panic!("{payload}: {error}"));
        let reference = format!("refs/heads/{branch}");
        Self { name: name.to_owned(), payload, reference, head: String::new(), base: String::new() }
    }

    /// A push to a branch.
    pub fn push(branch: &str) -> Self {
        let mut it = Self::of("push", branch, "{}");
        it.payload.set("ref", it.reference.as_str().into());
        it
    }

    /// A push of a tag.
    pub fn tag(name: &str) -> Self {
        let mut it = Self::push("main");
        it.reference = format!("refs/tags/{name}");
        it.payload.set("ref", it.reference.as_str().into());
        it
    }

    /// By hand, on a branch.
    pub fn manual(branch: &str) -> Self {
        Self::of("workflow_dispatch", branch, "{}")
    }

    /// By the clock.
    pub fn schedule(cron: &str) -> Self {
        let mut it = Self::of("schedule", "main", "{}");
        it.payload.set("schedule", cron.into());
        it
    }

    /// A pull request from a branch of the repository to another; `more` is JSON that its
    /// `pull_request` has besides.
    pub fn pull_request(number: u32, branch: &str, base: &str, more: &str) -> Self {
        let text = |it: &str| serde_json::to_string(it).expect("a text is JSON");
        let mut it = Self::of(
            "pull_request",
            base,
            &format!(
                r#"{{"action": "opened", "number": {number}, "pull_request": {{"number": {number},
                    "head": {{"ref": {}, "sha": "", "repo": {{"full_name": "local/project", "fork": false}}}},
                    "base": {{"ref": {}}}, "title": "", "body": null, "draft": false, "labels": [],
                    "user": {{"login": "somebody"}}}}}}"#,
                text(branch),
                text(base)
            ),
        );
        it.reference = format!("refs/pull/{number}/merge");
        (it.head, it.base) = (branch.to_owned(), base.to_owned());
        let more: Value = serde_json::from_str(more).unwrap_or_else(|error| panic!("{more}: {error}"));
        let mut request = it.payload.get("pull_request").clone();
        for (key, value) in more.entries() {
            request.set(key, value.clone());
        }
        it.payload.set("pull_request", request);
        it
    }

    /// The name without `refs/heads/` and the like.
    pub fn short(&self) -> &str {
        let reference = &self.reference;
        ["refs/heads/", "refs/tags/", "refs/pull/"]
            .iter()
            .find_map(|it| reference.strip_prefix(it))
            .unwrap_or(reference)
    }

    /// The `github` context, as far as the run decides it.
    pub(super) fn github(&self, sha: &str, workflow: &str, file: &str, attempt: u32, token: &str) -> Value {
        let kind = if self.reference.starts_with("refs/tags/") { "tag" } else { "branch" };
        let mut payload = self.payload.clone();
        if let Value::Object(entries) = payload.get("pull_request").get("head").clone() {
            let mut request = payload.get("pull_request").clone();
            let mut head = Value::Object(entries);
            if head.get("sha").text().is_empty() {
                head.set("sha", sha.into());
            }
            request.set("head", head);
            payload.set("pull_request", request);
        }
        let mut it = Value::Object(Vec::new());
        for (name, value) in [
            ("event_name", self.name.as_str()),
            ("ref", &self.reference),
            ("ref_name", self.short()),
            ("ref_type", kind),
            ("head_ref", &self.head),
            ("base_ref", &self.base),
            ("sha", sha),
            ("repository", "local/project"),
            ("repository_owner", "local"),
            ("repository_id", "1"),
            ("repository_owner_id", "1"),
            ("repositoryUrl", "git://github.com/local/project.git"),
            ("actor", "somebody"),
            ("actor_id", "1"),
            ("triggering_actor", "somebody"),
            ("workflow", workflow),
            ("workflow_ref", &format!("local/project/.github/workflows/{file}@{}", self.reference)),
            ("workflow_sha", sha),
            ("run_id", "1000"),
            ("run_number", "7"),
            ("run_attempt", &attempt.to_string()),
            ("retention_days", "90"),
            ("server_url", "https://github.com"),
            ("api_url", "https://api.github.com"),
            ("graphql_url", "https://api.github.com/graphql"),
            ("secret_source", "Actions"),
            ("token", token),
        ] {
            it.set(name, value.into());
        }
        it.set("ref_protected", Value::Bool(false));
        it.set("event", payload);
        it
    }
}
