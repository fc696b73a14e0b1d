//! The command line: what can be asked for, with help that teaches.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The arguments of `flowc`.
#[derive(Parser)]
#[command(
    name = "flowc",
    version,
    about = "The compiler for .flow, a typed language for CI pipelines",
    long_about = "The compiler for .flow, a typed language for CI pipelines.\n\n\
        A project is the folder of the nearest flow.toml, else the git repository, else the working \
        folder. Its programs are all .flow files in it that git does not ignore.",
    after_help = "Begin with:\n  \
        flowc check               find mistakes, without running anything\n  \
        flowc run ci              run the pipeline `ci` on this machine\n  \
        flowc emit                write the workflow files for hosted CI\n\n\
        Exit codes: 0 fine, 1 findings or a failed run, 2 wrong use.",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// Work as if started in this folder.
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// When to color what is printed; `auto` also obeys NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,

    #[command(subcommand)]
    pub command: Command,
}

/// When to color.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Find mistakes in the project's programs, without running anything
    Check(CheckArgs),
    /// Bring programs into the one form that all of them have
    Fmt(FmtArgs),
    /// Run a pipeline on this machine, its jobs in parallel
    Run(RunArgs),
    /// Write the workflow files that hosted CI runs
    Emit(EmitArgs),
    /// Pin what others have written: which commit each version stands for that programs name
    Lock(LockArgs),
    /// Show what a pipeline consists of: its jobs and what passes between them
    Plan(PlanArgs),
    /// Explain a code that a finding carries, such as F0301
    Explain(ExplainArgs),
    /// Serve an editor, over standard input and output
    Lsp,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Report findings of these files only; the whole project is read in any case
    pub files: Vec<PathBuf>,

    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// How findings are printed.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    /// With the source around each place
    #[default]
    Human,
    /// One JSON object a line
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    flowc fmt                 all programs of the project\n  \
    flowc fmt ci.flow         one of them\n  \
    flowc fmt --check         in CI: fail when a program would change, and show how\n  \
    flowc fmt - < ci.flow     for editors: the formatted text goes to standard output\n\n\
    Indentation, spaces and commas are set. Where lines break is yours: what was written on one line \
    stays on it if it fits, and a list that is broken after its bracket gets a line for each element. \
    Comments stay where they are, and what scripts say is never changed. A file with errors is left \
    as it is.")]
pub(crate) struct FmtArgs {
    /// Format these files only, or `-` for standard input; default: all programs of the project
    pub files: Vec<PathBuf>,

    /// Write nothing; print how the files would change and exit with 1 if they would
    #[arg(long)]
    pub check: bool,

    /// Read standard input and print it formatted, as `-` does
    #[arg(long, conflicts_with = "files")]
    pub stdin: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    flowc run ci\n  \
    flowc run ci --param profile=dev --jobs 4\n  \
    flowc run ci --event push --branch main --yes\n  \
    flowc run ci --event pull_request --ctx pull_request.number=12 --changed docs/index.md\n\n\
    What a job prints is shown with the job's name before it and kept whole in a log file. What the \
    pipeline exposes is put below .flow/out/ in the project.")]
pub(crate) struct RunArgs {
    /// The pipeline's name
    pub pipeline: String,

    /// The value of a parameter, as `name=value`; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,

    /// What is said to have started the run, one of the pipeline's triggers; default: `manual`
    #[arg(long)]
    pub event: Option<String>,

    /// The branch that the run is said to be on; default: the one that is checked out
    #[arg(long)]
    pub branch: Option<String>,

    /// The tag that the run is said to be on
    #[arg(long)]
    pub tag: Option<String>,

    /// Another member of `ctx`, as `name=value`, such as `pull_request.title=…`; may be given several times
    #[arg(long = "ctx", value_name = "NAME=VALUE")]
    pub context: Vec<String>,

    /// A file that counts as changed, for `changed(…)`, instead of those that git finds; may be given several
    /// times, and empty for none
    #[arg(long, value_name = "PATH")]
    pub changed: Option<Vec<String>>,

    /// A file of secrets, a line `NAME=value` each; they count before the environment's variables
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,

    /// Allow jobs to use their environments without being asked
    #[arg(short, long)]
    pub yes: bool,

    /// Print the result as JSON on standard output when the run has ended; docs/reference/run.md describes it
    #[arg(long)]
    pub json: bool,

    /// How many jobs run at once; default: as many as there are processors
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,

    /// After a failure, still run the jobs that do not depend on it
    #[arg(short, long)]
    pub keep_going: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    flowc emit                          all pipelines, for each backend that they support\n  \
    flowc emit ci --backend github      one of them, for GitHub Actions\n  \
    flowc emit --check                  in CI: fail when a committed file is out of date\n\n\
    A file that somebody edited by hand is left alone, and so is one in which an update bot has set a \
    newer version of an action: `flowc lock --accept` takes that over.")]
pub(crate) struct EmitArgs {
    /// The pipeline's name; default: all
    pub pipeline: Option<String>,

    /// The platform to write for; default: each that the pipeline supports
    #[arg(short, long, value_enum)]
    pub backend: Option<HostedBackend>,

    /// Write nothing; print how the files differ and exit with 1 if they do
    #[arg(long, conflicts_with_all = ["stdout", "out"])]
    pub check: bool,

    /// Print the files instead of writing them
    #[arg(long, conflicts_with = "out")]
    pub stdout: bool,

    /// Overwrite files that were edited by hand, or that something else has written
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    pub force: bool,

    /// Write below this folder instead of the project's
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    flowc lock                look up what flow.lock lacks, by `git ls-remote`\n  \
    flowc lock --accept       take over what an update bot has changed in emitted files\n\n\
    Emitted files name actions by commit. For those of the standard library flowc knows it; for others \
    flow.lock says it. Commit that file.")]
pub(crate) struct LockArgs {
    /// Take the pins of emitted files into flow.lock, where an update bot has set newer ones
    #[arg(long)]
    pub accept: bool,
}

/// The backends that files are written for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostedBackend {
    /// GitHub Actions
    Github,
    /// Azure Pipelines
    Ado,
}

#[derive(Args)]
pub(crate) struct PlanArgs {
    /// The pipeline's name
    pub pipeline: String,

    /// Who would carry it out; this machine where the pipeline supports that
    #[arg(short, long, value_enum)]
    pub backend: Option<AnyBackend>,

    /// How the plan is printed
    #[arg(short, long, value_enum, default_value_t)]
    pub format: PlanFormat,
}

/// All backends.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AnyBackend {
    /// This machine
    Local,
    /// GitHub Actions
    Github,
    /// Azure Pipelines
    Ado,
}

/// How a plan is printed.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For programs; docs/reference/plan.md describes it
    Json,
    /// For Graphviz: `flowc plan ci --format dot | dot -Tsvg > ci.svg`
    Dot,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// The code, such as F0301
    pub code: String,
}
