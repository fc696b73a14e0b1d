//! The standard library: readable Flow, embedded, so that `flowc` is one file and go-to-definition
//! has somewhere to go.

mod pins;

pub use pins::{PINS, Pin};

/// Every file of it: its path, as a `use` and a finding name it, and its text.
pub const FILES: &[(&str, &str)] = &[
    (PRELUDE, include_str!("../std/prelude.flow")),
    ("std/docker.flow", include_str!("../std/docker.flow")),
    ("std/git.flow", include_str!("../std/git.flow")),
    ("std/java.flow", include_str!("../std/java.flow")),
    ("std/node.flow", include_str!("../std/node.flow")),
    ("std/pkg.flow", include_str!("../std/pkg.flow")),
    ("std/python.flow", include_str!("../std/python.flow")),
    ("std/release.flow", include_str!("../std/release.flow")),
    ("std/report.flow", include_str!("../std/report.flow")),
    ("std/rust.flow", include_str!("../std/rust.flow")),
];

/// The file whose names are in scope everywhere.
pub const PRELUDE: &str = "std/prelude.flow";
