//! The pages of docs/errors, embedded by build.rs.

use flow_syntax::Code;

const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The page of a code; a test sees to it that there is one for each.
pub(crate) fn page(code: Code) -> &'static str {
    PAGES.iter().find(|(id, _)| *id == code.id()).map_or(code.title(), |(_, page)| page)
}
