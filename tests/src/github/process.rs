//! A process of a step: its output in the order in which it was written, its time, its end.

use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How it went.
pub(super) struct Ended {
    /// `None`: its time was up.
    pub(super) code: Option<i32>,
    pub(super) output: String,
    /// Processes that it left behind still hold its output: the group to end with the job.
    pub(super) left: Option<u32>,
}

/// Runs it until `deadline`.
pub(super) fn run(
    arguments: &[String],
    folder: &Path,
    environment: &[(String, String)],
    deadline: Instant,
) -> Result<Ended, String> {
    let (program, rest) = arguments.split_first().ok_or("no program")?;
    let (mut reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(rest).current_dir(folder).stdin(Stdio::null()).process_group(0);
    command.stdout(writer.try_clone().map_err(|error| error.to_string())?).stderr(writer);
    command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    drop(command);
    let group = child.id();

    let output = Arc::new(Mutex::new(Vec::new()));
    let (told, closed) = channel();
    let sink = Arc::clone(&output);
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            sink.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
        }
        // Nobody may wait for it any more.
        let _ = told.send(());
    });
    let (ended, end) = channel();
    std::thread::spawn(move || {
        let _ = ended.send(child.wait());
    });
    let code = match end.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(status) => {
            let status = status.map_err(|error| error.to_string())?;
            Some(status.code().or_else(|| status.signal().map(|it| 128 + it)).unwrap_or(1))
        }
        Err(RecvTimeoutError::Timeout) => {
            end_group(group);
            None
        }
        Err(RecvTimeoutError::Disconnected) => return Err("a process was lost".to_owned()),
    };
    let open = closed.recv_timeout(Duration::from_millis(300)).is_err();
    let output = String::from_utf8_lossy(&output.lock().expect("nobody panics with it")).into_owned();
    Ok(Ended { code, output, left: (open && code.is_some()).then_some(group) })
}

/// Ends a process and what it has started.
pub(super) fn end_group(group: u32) {
    let mut kill = Command::new("kill");
    kill.args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null());
    // It may have ended by itself.
    let _ = kill.status();
}
