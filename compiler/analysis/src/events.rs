//! The events that start pipelines: those of the language, and those that one backend alone has, with
//! their activity types.

/// What an event tells apart by `types`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Types {
    /// Nothing.
    None,
    /// What the sender says.
    Free,
    /// These.
    Known(&'static [&'static str]),
}

/// The events of the language, with the filters that they take.
pub const EVENTS: &[(&str, &[&str])] = &[
    ("push", &["branches", "tags", "paths"]),
    ("pull_request", &["branches", "types", "paths", "drafts"]),
    ("merge_queue", &["branches"]),
    ("schedule", &["cron", "timezone"]),
    ("manual", &[]),
    ("call", &[]),
    ("finished", &["branches", "when"]),
];

/// The activity types of `on pull_request`.
pub const PULL_REQUEST: &[&str] = &[
    "assigned",
    "unassigned",
    "labeled",
    "unlabeled",
    "opened",
    "edited",
    "closed",
    "reopened",
    "synchronize",
    "converted_to_draft",
    "locked",
    "unlocked",
    "enqueued",
    "dequeued",
    "milestoned",
    "demilestoned",
    "ready_for_review",
    "review_requested",
    "review_request_removed",
    "auto_merge_enabled",
    "auto_merge_disabled",
    "stacked",
];

/// The events of GitHub that the language has no word for.
#[rustfmt::skip]
pub const GITHUB: &[(&str, Types)] = &[
    ("branch_protection_rule", Types::Known(&["created", "edited", "deleted"])),
    ("check_run", Types::Known(&["created", "rerequested", "completed", "requested_action"])),
    ("check_suite", Types::Known(&["completed"])),
    ("create", Types::None),
    ("delete", Types::None),
    ("deployment", Types::None),
    ("deployment_status", Types::None),
    ("discussion", Types::Known(&["created", "edited", "deleted", "transferred", "pinned", "unpinned", "labeled", "unlabeled", "locked", "unlocked", "category_changed", "answered", "unanswered"])),
    ("discussion_comment", Types::Known(&["created", "edited", "deleted"])),
    ("fork", Types::None),
    ("gollum", Types::None),
    ("issue_comment", Types::Known(&["created", "edited", "deleted"])),
    ("issues", Types::Known(&["opened", "edited", "deleted", "transferred", "pinned", "unpinned", "closed", "reopened", "assigned", "unassigned", "labeled", "unlabeled", "locked", "unlocked", "milestoned", "demilestoned", "field_added", "field_removed", "typed", "untyped"])),
    ("label", Types::Known(&["created", "edited", "deleted"])),
    ("milestone", Types::Known(&["created", "closed", "opened", "edited", "deleted"])),
    ("page_build", Types::None),
    ("public", Types::None),
    ("pull_request_review", Types::Known(&["submitted", "edited", "dismissed"])),
    ("pull_request_review_comment", Types::Known(&["created", "edited", "deleted"])),
    ("registry_package", Types::Known(&["published", "updated"])),
    ("release", Types::Known(&["published", "unpublished", "created", "edited", "deleted", "prereleased", "released"])),
    ("repository_dispatch", Types::Free),
    ("status", Types::None),
    ("watch", Types::Known(&["started"])),
];

/// The events of Azure Pipelines that the language has no word for, with what tells which one is meant;
/// all of that is required.
pub const ADO: &[(&str, &[&str])] = &[
    ("build", &["connection", "source"]),
    ("container", &["connection", "image"]),
    ("package", &["connection", "name"]),
    ("webhook", &["connection", "name"]),
];

/// What people write who know another CI system, and the event of the language that it is.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("workflow_dispatch", "manual"),
    ("dispatch", "manual"),
    ("workflow_call", "call"),
    ("merge_group", "merge_queue"),
    ("pr", "pull_request"),
    ("merge_request", "pull_request"),
    ("cron", "schedule"),
    ("schedules", "schedule"),
];

/// Events of GitHub that have no place in the language, why, and what to do instead.
pub const REFUSED: &[(&str, &str, &str)] = &[
    (
        "pull_request_target",
        "it runs with the secrets and rights of this repository, for changes of anybody: the commonest way to lose both",
        "use `on pull_request`; for what needs rights, start a second pipeline by `on finished`",
    ),
    (
        "workflow_run",
        "a pipeline is named by its name in the program, so that a wrong one is found before a push",
        "name the pipeline: `on finished build`",
    ),
];
