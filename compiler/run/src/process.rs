//! One process: started in a group of its own, its output handed on as it comes, ended with all that
//! it started when its time is over or the run is cancelled.
//!
//! It refuses to know steps and scripts.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::cancel::{Cancel, Urgency};
use crate::event::{Event, Stream};
use crate::files;
use crate::lines::{Lines, Masks, Piece};
use crate::system::{self, Exit, Group};

/// How many lines a failure shows.
const LAST_LINES: usize = 20;
/// How long output is waited for after a process has ended that left others behind which hold it open.
const LATE_OUTPUT: Duration = Duration::from_millis(200);
/// How often a group that was asked to end is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Who is told what happens.
pub(crate) type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// Where the output of one step goes: events, the job's log, and the last lines for a failure.
pub(crate) struct Sink {
    pub(crate) job: Arc<str>,
    pub(crate) step: Arc<str>,
    pub(crate) tell: Tell,
    pub(crate) masks: Arc<Masks>,
    pub(crate) log: Arc<Log>,
    pub(crate) last: Mutex<VecDeque<String>>,
}

impl Sink {
    fn take(&self, stream: Stream, piece: &Piece<'_>) {
        let text = String::from_utf8_lossy(&piece.bytes).into_owned();
        self.log.write(&piece.bytes, !piece.continues);
        {
            let mut last = lock(&self.last);
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(text.clone());
        }
        let (job, step) = (self.job.clone(), self.step.clone());
        (self.tell)(Event::Output { job, step, stream, text, continues: piece.continues });
    }

    /// Hands on the whole content of a file that a process wrote instead of a stream.
    pub(crate) fn take_file(&self, stream: Stream, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        let mut lines = Lines::default();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = io::Read::read(&mut file, &mut buffer)?;
            if count == 0 {
                break;
            }
            let read = buffer.get(..count).unwrap_or_default();
            lines.push(read, &self.masks.now(), |piece| self.take(stream, &piece));
        }
        lines.finish(&self.masks.now(), |piece| self.take(stream, &piece));
        Ok(())
    }

    /// Hands on a text, line by line.
    pub(crate) fn take_text(&self, text: &str) {
        let mut lines = Lines::default();
        lines.push(text.as_bytes(), &self.masks.now(), |piece| self.take(Stream::Out, &piece));
        lines.finish(&self.masks.now(), |piece| self.take(Stream::Out, &piece));
    }

    /// The last lines, oldest first.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        lock(&self.last).iter().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that keeps all that a job writes.
pub(crate) struct Log(Mutex<(BufWriter<File>, Option<io::Error>)>);

impl Log {
    pub(crate) fn new(file: File) -> Self {
        Self(Mutex::new((BufWriter::new(file), None)))
    }

    /// Writes bytes as they are, and a line break if the line is whole.
    pub(crate) fn write(&self, bytes: &[u8], whole: bool) {
        self.with_file(|file| {
            file.write_all(bytes)?;
            if whole { file.write_all(b"\n") } else { Ok(()) }
        });
    }

    /// Makes what was written so far readable for others.
    fn flush(&self) {
        self.with_file(BufWriter::flush);
    }

    fn with_file(&self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        let mut guard = lock(&self.0);
        let (file, problem) = &mut *guard;
        if problem.is_none() {
            *problem = write(file).err();
        }
    }

    /// Why it is not whole, if it is not.
    pub(crate) fn problem(&self) -> Option<String> {
        self.flush();
        lock(&self.0).1.as_ref().map(ToString::to_string)
    }
}

/// What to start.
pub(crate) struct Program<'a> {
    pub(crate) path: &'a Path,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) folder: &'a Path,
    /// All variables that it has.
    pub(crate) variables: BTreeMap<OsString, OsString>,
    /// A file that takes standard output instead of the sink.
    pub(crate) output: Option<PathBuf>,
}

/// When a process has to end.
pub(crate) struct Limits<'a> {
    pub(crate) deadline: Instant,
    pub(crate) cancel: &'a Cancel,
    pub(crate) grace: Duration,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum End {
    Exited(Exit),
    TimedOut,
    Cancelled,
}

/// What a process left behind: others that it started, and the readers of the output they hold open.
#[derive(Default)]
pub(crate) struct Leftovers(Vec<(Option<Living>, Vec<JoinHandle<()>>)>);

impl Leftovers {
    /// Ends it all.
    pub(crate) async fn end(self, cancel: &Cancel, grace: Duration) {
        for (living, readers) in self.0 {
            if let Some(living) = living {
                living.end(cancel, grace, None).await;
            }
            for reader in readers {
                let stop = reader.abort_handle();
                // Whoever left the group on purpose may hold the stream open for ever.
                if tokio::time::timeout(LATE_OUTPUT, reader).await.is_err() {
                    stop.abort();
                }
            }
        }
    }
}

/// A process group that is killed when nobody waits for it any more.
struct Living(Group);

impl Drop for Living {
    fn drop(&mut self) {
        if self.0.is_alive() {
            self.0.kill();
        }
    }
}

impl Living {
    /// Asks the group to end, and kills what is left of it after the grace or at a second wish.
    async fn end(self, cancel: &Cancel, grace: Duration, child: Option<&mut Child>) {
        self.0.terminate();
        let gone = async {
            if let Some(child) = child {
                let _ = child.wait().await;
            }
            while self.0.is_alive() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = gone => {}
            () = tokio::time::sleep(grace) => {}
            () = cancel.reached(Urgency::AtOnce) => {}
        }
        // Dropping kills what is left.
    }
}

/// Runs a program to its end.
pub(crate) async fn run(
    program: Program<'_>,
    limits: &Limits<'_>,
    sink: &Arc<Sink>,
    leftovers: &mut Leftovers,
) -> io::Result<End> {
    let mut command = Command::new(program.path);
    command
        .args(&program.arguments)
        .current_dir(program.folder)
        .env_clear()
        .envs(&program.variables)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    match &program.output {
        Some(path) => command.stdout(File::create(path)?),
        None => command.stdout(Stdio::piped()),
    };
    system::in_own_group(&mut command);
    let mut child = {
        let _guard = files::starting_process();
        command.spawn()?
    };
    let living = child.id().and_then(Group::led_by).map(Living);
    let mut readers = Vec::new();
    readers.extend(child.stdout.take().map(|it| read(it, Stream::Out, sink)));
    readers.extend(child.stderr.take().map(|it| read(it, Stream::Err, sink)));

    let end = tokio::select! {
        biased;
        status = child.wait() => End::Exited(system::exit(status?)),
        () = limits.cancel.reached(Urgency::Gently) => End::Cancelled,
        () = tokio::time::sleep_until(limits.deadline) => End::TimedOut,
    };
    let living = match end {
        // A process that ended may have started others for the steps after it, which live on.
        End::Exited(_) => living.filter(|it| it.0.is_alive()),
        End::TimedOut | End::Cancelled => {
            if let Some(living) = living {
                living.end(limits.cancel, limits.grace, Some(&mut child)).await;
            }
            // It has been killed by now, so this does not wait for long.
            let _ = child.wait().await;
            None
        }
    };
    let mut open = Vec::new();
    for mut reader in readers {
        if tokio::time::timeout(LATE_OUTPUT, &mut reader).await.is_err() {
            open.push(reader);
        }
    }
    if living.is_some() || !open.is_empty() {
        leftovers.0.push((living, open));
    }
    Ok(end)
}

fn read(mut from: impl AsyncRead + Unpin + Send + 'static, stream: Stream, sink: &Arc<Sink>) -> JoinHandle<()> {
    let sink = sink.clone();
    tokio::spawn(async move {
        let mut lines = Lines::default();
        let mut buffer = vec![0; 64 * 1024];
        // An error means the same as the end: nothing more can be read.
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let read = buffer.get(..count).unwrap_or_default();
            lines.push(read, &sink.masks.now(), |piece| sink.take(stream, &piece));
            sink.log.flush();
        }
        lines.finish(&sink.masks.now(), |piece| sink.take(stream, &piece));
    })
}
