//! Whole programs and the fragments of the language's reference parse without an error.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

#[test]
fn first_program() {
    insta::assert_snapshot!(support::clean(support::FIRST));
}
