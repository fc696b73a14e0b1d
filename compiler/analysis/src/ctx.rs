//! The members of `ctx`, the only implicit name: what a run knows of itself.

use crate::db::Db;
use crate::infer::Phase;
use crate::ty::Ty;

/// A member of `ctx`.
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

fn of_prelude(db: &dyn Db, name: &str) -> Ty {
    crate::scope::prelude(db, name).map_or(Ty::Error, Ty::Enum)
}

/// All members, in the order in which the reference lists them.
pub const MEMBERS: &[Member] = &[
    Member { name: "event", docs: "What started the run.", ty: |db| of_prelude(db, "Event"), phase: Phase::Plan },
    Member {
        name: "branch",
        docs: "The branch; `none` on tags and pull requests.",
        ty: maybe_string,
        phase: Phase::Plan,
    },
    Member { name: "tag", docs: "The tag; `none` elsewhere.", ty: maybe_string, phase: Phase::Plan },
    Member { name: "ref", docs: "The full name of the ref, `refs/heads/main`.", ty: string, phase: Phase::Plan },
    Member { name: "sha", docs: "The commit, 40 hexadecimal digits.", ty: string, phase: Phase::Plan },
    Member { name: "short_sha", docs: "The first 8 digits of the commit.", ty: string, phase: Phase::Plan },
    Member { name: "repo", docs: "`owner/name`.", ty: string, phase: Phase::Plan },
    Member { name: "actor", docs: "Who started the run.", ty: string, phase: Phase::Plan },
    Member { name: "run_id", docs: "What tells this run from all others.", ty: string, phase: Phase::Plan },
    Member {
        name: "run_number",
        docs: "How many runs of this pipeline there were, with this one.",
        ty: int,
        phase: Phase::Plan,
    },
    Member { name: "attempt", docs: "How often this run was started, with this time.", ty: int, phase: Phase::Plan },
    Member {
        name: "backend",
        docs: "Who carries the pipeline out.",
        ty: |db| of_prelude(db, "Backend"),
        phase: Phase::Const,
    },
];

/// The member `name`.
pub fn member(name: &str) -> Option<&'static Member> {
    MEMBERS.iter().find(|member| member.name == name)
}
