//! What the suites of this folder share: programs as texts, their findings, Markdown, the binary.
//!
//! Every test of the language is text in, text out, and goes through [`check::Program`].

pub mod binary;
#[cfg(target_os = "linux")]
pub mod both;
pub mod check;
pub mod expectation;
pub mod fixture;
pub mod generate;
#[cfg(unix)]
pub mod github;
pub mod hosted;
pub mod markdown;
pub mod mutate;
pub mod operators;
pub mod outcomes;
#[cfg(unix)]
pub mod parity;
pub mod random;
#[cfg(unix)]
pub mod runs;
#[cfg(unix)]
pub mod world;

use std::path::{Path, PathBuf};

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}
