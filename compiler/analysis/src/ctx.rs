//! The members of `ctx`, the only implicit name: what a run knows of itself.

use crate::db::Db;
use crate::infer::Phase;
use crate::ty::Ty;

/// A member of `ctx`, or of one of its parts.
#[derive(Clone, Copy)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it is, for people.
    pub docs: &'static str,
    /// Its type.
    pub ty: fn(&dyn Db) -> Ty,
    /// When it is known.
    pub phase: Phase,
    /// Outsiders control its text.
    pub untrusted: bool,
    /// It is about the machine or the job, so that only jobs and actions have it.
    pub job_only: bool,
    /// Where each of GitHub, Azure Pipelines and `flowc run` takes it from, for people.
    pub sources: [&'static str; 3],
}

const fn member_of(name: &'static str, phase: Phase, ty: fn(&dyn Db) -> Ty, docs: &'static str) -> Member {
    Member { name, docs, ty, phase, untrusted: false, job_only: false, sources: [""; 3] }
}

impl Member {
    const fn untrusted(self) -> Self {
        Self { untrusted: true, ..self }
    }

    const fn on(self, github: &'static str, ado: &'static str, local: &'static str) -> Self {
        Self { sources: [github, ado, local], ..self }
    }

    const fn of_job(self) -> Self {
        Self { job_only: true, ..self }
    }
}

fn string(_: &dyn Db) -> Ty {
    Ty::String
}

fn maybe_string(_: &dyn Db) -> Ty {
    Ty::String.optional()
}

fn int(_: &dyn Db) -> Ty {
    Ty::Int
}

fn path(_: &dyn Db) -> Ty {
    Ty::Path
}

fn secret(_: &dyn Db) -> Ty {
    Ty::Secret
}

fn event(db: &dyn Db) -> Ty {
    of_prelude(db, "Event")
}

fn os(db: &dyn Db) -> Ty {
    of_prelude(db, "Os")
}

fn arch(db: &dyn Db) -> Ty {
    of_prelude(db, "Arch")
}

fn backend(db: &dyn Db) -> Ty {
    of_prelude(db, "Backend")
}

fn of_prelude(db: &dyn Db, name: &str) -> Ty {
    crate::scope::prelude(db, name).map_or(Ty::Error, Ty::Enum)
}

fn pull_request(db: &dyn Db) -> Ty {
    crate::scope::prelude(db, PULL_REQUEST).map_or(Ty::Error, Ty::Struct).optional()
}

/// The prelude's struct that `ctx.pull_request` is.
pub const PULL_REQUEST: &str = "PullRequest";

/// Its fields that outsiders do not control; all others they do.
pub const TRUSTED: [&str; 5] = ["number", "base", "sha", "draft", "fork"];

/// What its fields are, and where GitHub and Azure Pipelines tell them.
#[rustfmt::skip]
const FIELDS: [(&str, &str, &str, &str); 9] = [
    ("number", "Its number.", "`github.event.pull_request.number`", "`System.PullRequest.PullRequestNumber`, else `…PullRequestId`"),
    ("title", "Its title.", "`….title`", "asked of the service"),
    ("body", "What it says.", "`….body`", "asked of the service"),
    ("branch", "The branch that is to be merged.", "`….head.ref`", "`System.PullRequest.SourceBranch`"),
    ("base", "The branch that it is to be merged into.", "`….base.ref`", "`System.PullRequest.TargetBranch`"),
    ("sha", "The last commit of the branch.", "`….head.sha`", "`System.PullRequest.SourceCommitId`"),
    ("author", "Who opened it.", "`….user.login`", "asked of the service"),
    ("draft", "It is not ready to be merged.", "`….draft`", "asked of the service"),
    ("fork", "It comes from another repository.", "`….head.repo.full_name` is not `github.repository`", "`System.PullRequest.IsFork`"),
];

use Phase::{Const, Plan, Run};

/// All members, in the order in which the reference lists them.
#[rustfmt::skip]
pub const MEMBERS: &[Member] = &[
    member_of("event", Plan, event, "What started the run.").on("`github.event_name`", "`Build.Reason`", "what `--event` says, else `manual`"),
    member_of("branch", Plan, maybe_string, "The branch; `none` on tags and pull requests.").on("`github.ref_name` of a branch", "`Build.SourceBranch` without `refs/heads/`", "what `--branch` says, else the branch that is checked out"),
    member_of("tag", Plan, maybe_string, "The tag; `none` elsewhere.").on("`github.ref_name` of a tag", "`Build.SourceBranch` without `refs/tags/`", "what `--tag` says"),
    member_of("ref", Plan, string, "The full name of the ref, `refs/heads/main`.").on("`github.ref`", "`Build.SourceBranch`", "`refs/heads/` and the branch, else the commit"),
    member_of("sha", Plan, string, "The commit, 40 hexadecimal digits.").on("`github.sha`; on a pull request the commit that merges it", "`Build.SourceVersion`; on a pull request the commit that merges it", "the commit that is checked out"),
    member_of("short_sha", Plan, string, "The first 7 digits of the commit.").on("as `sha`", "as `sha`", "as `sha`"),
    member_of("repo", Plan, string, "`owner/name`.").on("`github.repository`", "`Build.Repository.Name`", "from the address of the remote `origin`, else the folder's name"),
    member_of("actor", Plan, string, "Who started the run, as the platform shows it. Outsiders choose it.").untrusted().on("`github.actor`", "`Build.RequestedFor`", "the user of this machine"),
    member_of("run_id", Plan, string, "What tells this run from all others.").on("`github.run_id`", "`Build.BuildId`", "the run's id"),
    member_of("run_number", Plan, int, "How many runs of this pipeline there were, with this one.").on("`github.run_number`", "a counter of the pipeline", "0"),
    member_of("attempt", Plan, int, "How often this run was started, with this time.").on("`github.run_attempt`", "`System.JobAttempt`", "1"),
    member_of("pull_request", Plan, pull_request, "The pull request; `none` where no pull request started the run.").on("`github.event.pull_request`", "`System.PullRequest.*`", "with `--event pull_request`"),
    member_of("job", Plan, string, "The id of this job.").of_job().on("its key in the workflow", "its name in the pipeline", "its id"),
    member_of("workspace", Run, path, "The folder that the sources are in.").of_job().on("`github.workspace`", "`Build.SourcesDirectory`", "the job's copy of the sources"),
    member_of("temp", Run, path, "A folder for files that nobody needs after the job.").of_job().on("`runner.temp`", "`Agent.TempDirectory`", "a private folder of the job"),
    member_of("os", Const, os, "The system that this job runs on.").of_job().on("of the runner", "of the pool", "of the job's `on`"),
    member_of("arch", Const, arch, "The processor that this job runs on.").of_job().on("of the runner", "of the pool", "of the job's `on`"),
    member_of("backend", Const, backend, "Who carries the pipeline out.").on("`github`", "`ado`", "`local`"),
    member_of("token", Run, secret, "The token of this job, with exactly the job's permissions.").of_job().on("`github.token`", "`System.AccessToken`", "none: reading it fails"),
];

/// The members that lead into the context of one backend, with a word on what stands behind them.
pub const NATIVE: [(&str, &str); 2] = [
    ("github", "a path of GitHub's context, as in `ctx.github.event.action`"),
    ("ado", "a variable of Azure Pipelines, as in `ctx.ado.Build_Reason`"),
];

/// The member `name`.
pub fn member(name: &str) -> Option<&'static Member> {
    MEMBERS.iter().find(|member| member.name == name)
}

/// The table of all members, in Markdown: docs/reference/ctx.md has it.
pub fn table(db: &dyn Db) -> String {
    let mut out = String::from(
        "| member | type | known | meaning | GitHub | Azure Pipelines | `flowc run` |\n|---|---|---|---|---|---|---|\n",
    );
    for it in MEMBERS {
        let ty = (it.ty)(db).display(db);
        let mut marks = String::new();
        for (mark, holds) in [("untrusted", it.untrusted), ("in jobs and actions only", it.job_only)] {
            if holds {
                marks.push_str(", ");
                marks.push_str(mark);
            }
        }
        let when = match it.phase {
            Const => "const",
            Plan => "plan",
            Run => "run",
        };
        let [github, ado, local] = it.sources;
        let row = format!("| `{}` | `{ty}`{marks} | {when} | {} | {github} | {ado} | {local} |\n", it.name, it.docs);
        out.push_str(&row);
    }
    let Some(def) = crate::scope::prelude(db, PULL_REQUEST) else { return out };
    for field in &crate::infer::signature(db, def).params {
        let mark = if TRUSTED.contains(&field.name.as_str()) { "" } else { ", untrusted" };
        let ty = field.ty.display(db);
        let Some((name, docs, github, ado)) = FIELDS.iter().find(|(name, ..)| field.name == *name) else { continue };
        out.push_str(&format!("| `pull_request.{name}` | `{ty}`{mark} | plan | {docs} | {github} | {ado} | what `--ctx` says, else as a pull request of this branch would have it |\n"));
    }
    for (native, what) in NATIVE {
        out.push_str(&format!("| `{native}.…` | `string?`, untrusted | plan | {what} | | | `none` |\n"));
    }
    out
}
