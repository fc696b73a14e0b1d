//! Whole Azure pipelines: a snapshot that people read, and the structure that an independent reader
//! sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use flow_plan::model::*;
use support::*;

#[test]
fn quickstart_is_what_a_person_would_write() {
    let emitted = emitted(&quickstart(Backend::Ado));
    assert_eq!(emitted.path, ".azure-pipelines/ci.yml");
    insta::assert_snapshot!(emitted.text);
}
