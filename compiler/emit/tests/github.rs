//! Whole workflows: a snapshot that people read, and the structure that an independent reader sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use flow_plan::model::*;
use support::*;

#[test]
fn quickstart_is_what_a_person_would_write() {
    let emitted = emitted(&quickstart(Backend::Github));
    assert_eq!(emitted.path, ".github/workflows/ci.yml");
    assert_eq!(emitted.warnings, []);
    insta::assert_snapshot!(emitted.text);
}
