//! Embeds the pages of docs/errors, so that `flowc explain` needs no files.
#![allow(clippy::disallowed_methods, reason = "a build script is the rim")]

use std::fmt::Write as _;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new("../../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    pages.sort_by_key(|entry| entry.file_name());
    let mut table = String::from("&[\n");
    for page in pages {
        let path = page.path().canonicalize()?;
        let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(table, "    ({code:?}, include_str!({:?})),", path.display().to_string());
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("OUT_DIR is not set"))?;
    std::fs::write(Path::new(&out).join("pages.rs"), table)
}
