//! Generated programs on disk, and the real `flowc` at work on them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::Program;

/// Writes a program into a folder, as a project.
pub fn write(program: &Program, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("flow.toml"), "")?;
    for file in &program.files {
        let path = folder.join(&file.path);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, &file.text)?;
    }
    Ok(())
}

/// The `flowc` of this workspace, built for release.
pub fn flowc() -> io::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."));
    let done =
        Command::new(cargo).args(["build", "--quiet", "--release", "--package", "flowc"]).current_dir(root).status()?;
    if !done.success() {
        return Err(io::Error::other("flowc does not build"));
    }
    // target/release/flow-benches, or target/release/deps/… for a benchmark.
    let this = std::env::current_exe()?;
    let name = format!("flowc{}", std::env::consts::EXE_SUFFIX);
    let found = this.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file());
    found
        .or_else(|| Some(root.join("target/release").join(name)).filter(|path| path.is_file()))
        .ok_or_else(|| io::Error::other("flowc was built, but is not where it is looked for"))
}

/// Runs a program to its end in a folder, its output thrown away; an error unless it succeeds.
pub fn run(program: &Path, args: &[&str], folder: &Path) -> io::Result<()> {
    let done = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if done.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{} {}: {done}", program.display(), args.join(" "))))
    }
}
