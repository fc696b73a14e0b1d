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
}

const fn member_of(name: &'static str, phase: Phase, ty: fn(&dyn Db) -> Ty, docs: &'static str) -> Member {
    Member { name, docs, ty, phase, untrusted: false, job_only: false }
}

impl Member {
    const fn untrusted(self) -> Self {
        Self { untrusted: true, ..self }
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

use Phase::{Const, Plan, Run};

/// All members, in the order in which the reference lists them.
#[rustfmt::skip]
pub const MEMBERS: &[Member] = &[
    member_of("event", Plan, event, "What started the run."),
    member_of("branch", Plan, maybe_string, "The branch; `none` on tags and pull requests."),
    member_of("tag", Plan, maybe_string, "The tag; `none` elsewhere."),
    member_of("ref", Plan, string, "The full name of the ref, `refs/heads/main`."),
    member_of("sha", Plan, string, "The commit, 40 hexadecimal digits."),
    member_of("short_sha", Plan, string, "The first 8 digits of the commit."),
    member_of("repo", Plan, string, "`owner/name`."),
    member_of("actor", Plan, string, "Who started the run, as the platform shows it. Outsiders choose it.").untrusted(),
    member_of("run_id", Plan, string, "What tells this run from all others."),
    member_of("run_number", Plan, int, "How many runs of this pipeline there were, with this one."),
    member_of("attempt", Plan, int, "How often this run was started, with this time."),
    member_of("pull_request", Plan, pull_request, "The pull request; `none` where no pull request started the run."),
    member_of("job", Plan, string, "The id of this job.").of_job(),
    member_of("workspace", Run, path, "The folder that the sources are in.").of_job(),
    member_of("temp", Run, path, "A folder for files that nobody needs after the job.").of_job(),
    member_of("os", Const, os, "The system that this job runs on.").of_job(),
    member_of("arch", Const, arch, "The processor that this job runs on.").of_job(),
    member_of("backend", Const, backend, "Who carries the pipeline out."),
    member_of("token", Run, secret, "The token of this job, with exactly the job's permissions.").of_job(),
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
