//! What an earlier run exposed: the run is looked up, then its artifact is downloaded.

use flow_plan::model::{Earlier, Job, Value};

use super::expr::Expr;
use super::steps::uses;
use super::values::{Github, literal, path};
use crate::EmitError;
use crate::facts::Fetch;
use crate::lower::Site;
use crate::pins::DOWNLOAD;
use crate::yaml::{Item, Map, Node};

/// Whether a job gets something of earlier runs, for which it has to ask.
pub(super) fn asks(job: &Job) -> bool {
    job.consumes.iter().any(|it| it.from.has_earlier())
}

/// The steps that look a run up and download what it exposed. A run that has nothing of the name, any
/// more or at all, is like none.
pub(super) fn download(
    github: &Github<'_>,
    job: &Job,
    fetch: &Fetch<'_>,
    run: &Earlier,
) -> Result<Vec<Item>, EmitError> {
    let (pipeline, name) = (fetch.job, fetch.output);
    let refuse = |why: String| {
        let message = format!("{}: which run of {pipeline} is meant cannot be said: {why}", job.id);
        EmitError::at(&job.place, message, "name it by a parameter or an output of a job")
    };
    let text = |value: &Value| github.text_at(Some(job), value, Site::Step).map_err(refuse);
    let mut conditions = Vec::new();
    for (value, holds) in &fetch.conditions {
        let one = github.condition(Some(job), value, Site::If).map_err(refuse)?;
        conditions.push(if *holds { one } else { one.not() });
    }
    let mut items = Vec::new();
    let id = match run {
        Earlier::Run { id } => text(id)?,
        Earlier::Latest { branch } => {
            let step = format!("latest-{}", fetch.choice.unwrap_or_default().replace('/', "-"));
            let branch = match branch {
                Some(value) => text(value)?,
                None => "${{ github.ref_name }}".to_owned(),
            };
            let env = Map::new().with("GH_TOKEN", "${{ github.token }}").with("BRANCH", branch);
            let condition = conditions.iter().cloned().reduce(Expr::and).map(|it| it.condition());
            let mut map = Map::new().with("name", literal(&format!("Find the latest run of {pipeline}")));
            map.push("id", step.as_str());
            map = map.with_some("if", condition.as_deref());
            map.push("env", env);
            map.push("run", Node::Block(look_up(pipeline)));
            items.push(Item::bare(map));
            let found = Expr::one(format!("steps.{step}.outputs.run"));
            conditions.push(found.clone().differs(Expr::text("")));
            format!("${{{{ {} }}}}", found.text)
        }
    };
    let condition = conditions.into_iter().reduce(Expr::and).map(|it| it.condition());
    let with = Map::new()
        .with("pattern", literal(name))
        .with("merge-multiple", true)
        .with("path", path(&fetch.folder))
        .with("run-id", id)
        .with("github-token", "${{ github.token }}");
    let title = format!("Download {name} of an earlier run of {pipeline}");
    items.push(uses(github.pins, &title, condition.as_deref(), DOWNLOAD, with));
    Ok(items)
}

/// The latest run that succeeded. A fork can give its branch any name, so runs for its pull requests do
/// not count, nor those for others.
fn look_up(pipeline: &str) -> String {
    format!(
        r#"run=$(gh api --method GET "repos/$GITHUB_REPOSITORY/actions/workflows/{pipeline}.yml/runs" \
  -f branch="$BRANCH" -f status=success -F per_page=100 \
  --jq '[.workflow_runs[] | select(.event | startswith("pull_request") | not) | .id][0] // empty')
echo "run=$run" >> "$GITHUB_OUTPUT"
"#
    )
}
