//! The arguments, as clap reads them. The doc comments are what `--help` and the manual say.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

mod back_out;
mod board;
mod diff;
mod gate;
mod git;
mod promote;
mod story;

pub(crate) use back_out::{AuditArgs, BackOutArgs, BisectStoryArgs, TakeArg};
pub(crate) use board::{BoardArgs, BoardFormat, LogArgs, StatusArgs};
pub(crate) use diff::{DiffArgs, PreviewArgs};
pub(crate) use gate::{AcceptArgs, GateTarget, HoldArgs, ReleaseArgs};
pub(crate) use git::{DriverCommand, HooksCommand, MergeArgs, PrePushArgs};
pub(crate) use promote::PromoteArgs;
pub(crate) use story::{
    DependsArgs, StartArgs, StoryCommand, StoryListArgs, StoryShowArgs, SubmitArgs, WithdrawArgs,
};

/// Release the whole story, and nothing but the story.
///
/// Storyline keeps one canonical form of a Looker project and stamps each environment's names
/// (connections, models, projects, labels, constants) into it and takes them out again, byte for
/// byte, as the project's `storyline.toml` says.
#[derive(Debug, Parser)]
#[command(
    name = "storyline",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 fine, 1 findings or differences, 2 usage, manifest or folder, \
    3 conflict, 70 a bug of ours."
)]
pub(crate) struct Cli {
    /// The project's folder; where you are, if left out. Folders to write into are seen from where
    /// you are.
    #[arg(
        short = 'C',
        value_name = "DIR",
        default_value = ".",
        global = true,
        hide_default_value = true
    )]
    pub(crate) directory: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(CheckArgs),
    Init(InitArgs),
    Doctor(DoctorArgs),
    Sites(SitesArgs),
    /// Put an environment's names into the project.
    ///
    /// Takes the project from canonical form to the environment's. All or nothing: when something
    /// stands in the way, every reason is told and nothing is changed. Before anything is written,
    /// the way back is planned and compared with what is there now.
    Stamp(StampArgs),
    /// Take an environment's names out of the project.
    ///
    /// The reverse of `stamp`: gives back the canonical form, byte for byte. Names that do not
    /// belong to the environment (strays) are told and nothing is changed.
    Unstamp(StampArgs),
    Diff(DiffArgs),
    Preview(PreviewArgs),
    Profile(ProfileArgs),
    /// Begin stories, hand them in, and see how they are.
    ///
    /// A story is a named change on the canonical branch. What is handed in of it is a revision, which
    /// stays as it is whatever becomes of the branch.
    #[command(subcommand)]
    Story(StoryCommand),
    Accept(AcceptArgs),
    Hold(HoldArgs),
    Release(ReleaseArgs),
    Absorb(AbsorbArgs),
    Adopt(AdoptArgs),
    Sync(SyncArgs),
    Promote(PromoteArgs),
    BackOut(BackOutArgs),
    Audit(AuditArgs),
    BisectStory(BisectStoryArgs),
    Status(StatusArgs),
    Log(LogArgs),
    Board(BoardArgs),
    Parse(ParseArgs),
    Noise(NoiseArgs),
    /// Look after the manifest.
    #[command(subcommand)]
    Manifest(ManifestCommand),
    /// Have Git leave stamps out, and look at commits and pushes.
    #[command(subcommand)]
    Hooks(HooksCommand),
    /// What Git calls after `storyline hooks install`.
    #[command(subcommand)]
    GitDriver(DriverCommand),
    Demo(DemoArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual, or write one page a command.
    Man {
        /// Write the pages into this folder instead.
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

/// Find what is wrong with the project, and mend what can be mended safely.
///
/// Needs no manifest, no network and no credentials. With a manifest it also finds names that do not
/// belong to the form that the project is in: the one that `--env` names, or the clone's Git setting
/// `storyline.environment`, or that its own names tell. The exit code is 1 when there are errors or
/// warnings; notices alone do not count.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Tell only what is in these files and folders, seen from the project's folder or from where
    /// you are; the whole project is read all the same. Paths outside of it are left out. In a folder
    /// of a project that has a manifest, Storyline's or Looker's, above: that folder, if left out.
    pub(crate) paths: Vec<PathBuf>,
    /// Mend what can be mended without changing what the project means, by bytes.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Look at what is staged in Git instead of what is in the folder, and tell only what is in files that
    /// the next commit changes.
    #[arg(long, conflicts_with_all = ["paths", "fix"])]
    pub(crate) staged: bool,
    /// The environment whose form the project is in, or `canonical`.
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// How to print findings.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: FindingsFormat,
    /// Explain what a finding's id means, and do nothing else.
    #[arg(long, value_name = "ID", conflicts_with_all = ["paths", "fix", "staged", "env", "format"])]
    pub(crate) explain: Option<String>,
}

/// Propose a manifest from what the project shows.
///
/// Looks at the project's names, its Git remotes and branches, and prints a `storyline.toml` with
/// comments. Where constants, user attributes or Looker itself do the work already it says for what
/// nothing has to be stamped, and where nothing differs at all, that no manifest is needed.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Write `storyline.toml`, which does not exist yet, instead of printing it.
    #[arg(long)]
    pub(crate) write: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Tell what is missing or broken, and how to mend it.
///
/// Looks at the folder, the manifest, Git's settings and whether each environment's names work on the
/// project. The exit code is 1 when there is a problem.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// List every place that holds a name of an environment.
///
/// Without a manifest, the project itself says which names are its own. With one, the project is
/// taken to be in canonical form, or with `--env` in that environment's.
#[derive(Debug, Args)]
pub(crate) struct SitesArgs {
    /// The environment whose form the project is in.
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct StampArgs {
    /// The environment, as the manifest names it.
    pub(crate) environment: String,
    /// Write the whole project into this folder, a new or empty one, and leave this one alone.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Take a commit with its whole history in place of the folder, and print the commit that comes of
    /// it. Every commit goes by the manifest that it holds; one without, or that is refused, keeps its
    /// files. The folder and its branch stay as they are.
    #[arg(long, value_name = "REV", conflicts_with = "into")]
    pub(crate) rev: Option<String>,
    /// Make this local branch at the result, or move it forward to there.
    #[arg(long, value_name = "NAME", requires = "rev")]
    pub(crate) branch: Option<String>,
    /// Lend the manifest of this revision to commits that hold none. For trials and measurements:
    /// without it, other commits come of them.
    #[arg(long, value_name = "REV", requires = "rev")]
    pub(crate) manifest_from: Option<String>,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Add an environment's target to dbt's profiles, or bring it up to date.
///
/// A new target is a copy of the one that it is like, with the environment's schema and database and
/// the settings that the manifest gives it. A literal secret is never copied: a variable of the
/// environment takes its place.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// The environment, as the manifest names it.
    pub(crate) environment: String,
    /// The file, in place of the project's `profiles.yml`; it may be outside.
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// Write nothing; the exit code is 1 when something is to be written.
    #[arg(long)]
    pub(crate) check: bool,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Bring environments' repositories to where canonical is.
///
/// Takes the canonical branch, and the stories that an environment shows, to the environment's form,
/// commit by commit and each proved, and pushes them. Its branch goes forward; a story's that was rewritten
/// is replaced, and what it held is kept there. What somebody committed there is never lost: it is
/// told, with the way to make it part of a story.
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// The environment, as the manifest names it.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) environment: Option<String>,
    /// Show this story there too. Those that are shown stay so.
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    pub(crate) story: Option<String>,
    /// Sync every environment but the stages that receive stories.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the part I of N of the environments, as in `2/8`; all parts together are all of them.
    #[arg(long, value_name = "I/N", conflicts_with = "environment", value_parser = shard)]
    pub(crate) shard: Option<Shard>,
    /// How many environments at a time.
    #[arg(long, value_name = "N", conflicts_with = "environment", default_value = "4",
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// One part of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// Which, from 1.
    pub(crate) index: u32,
    /// How many parts there are.
    pub(crate) count: u32,
}

fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
        _ => Err(
            "two numbers are needed, as in `2/8`: the part, from 1, and how many there are".into(),
        ),
    }
}

/// Print the tree of a LookML file.
///
/// For people's own tools: every block, list and value with its place, and what is wrong with the
/// file. The exit code is 1 when something is.
#[derive(Debug, Args)]
pub(crate) struct ParseArgs {
    /// The file, seen from the project's folder, or `-` for standard input.
    pub(crate) file: PathBuf,
    /// Add every token, blanks and comments too, from which the file can be put together again;
    /// as JSON only.
    #[arg(long)]
    pub(crate) tokens: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Tell what share of a Git history is rename or connection noise.
///
/// Needs no manifest: any clone will do, a bare one too. Each commit is compared with its first parent;
/// merges are not counted. A changed line looks like noise when nothing in it changed but names that
/// Storyline would put in and take out: a connection; a model or project that was renamed and came back,
/// or was renamed together with other names in the same way, wherever it is named; any other name that
/// came back. All else counts as a story, in case of doubt too.
#[derive(Debug, Args)]
pub(crate) struct NoiseArgs {
    /// The commits: `A..B` for what B has and A has not, or a revision for all that leads to it; what is
    /// checked out, if left out.
    #[arg(value_name = "REV..REV")]
    pub(crate) revisions: Option<String>,
    /// The newest N commits only.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Take commits that were made in an environment's repository into a story.
///
/// Looker's IDE commits in the environment's names. The commits become canonical ones, with the same
/// authors, dates and messages, on the story's branch in the canonical repository; stamped again, they
/// are the very same. Neither the environment's repository nor the working tree is changed.
#[derive(Debug, Args)]
pub(crate) struct AbsorbArgs {
    /// The environment, as the manifest names it.
    pub(crate) environment: String,
    /// The branch of its repository; the story's there, or the environment's when no story is named.
    pub(crate) branch: Option<String>,
    /// The story that they belong to; told by the branch's name if left out. A new id begins a story.
    #[arg(long, value_name = "ID")]
    pub(crate) story: Option<String>,
    /// Make this one commit, that was made on a stage itself, a story that is on the stage: a hot fix.
    #[arg(long, value_name = "COMMIT", requires = "story", conflicts_with_all = ["branch", "allow_strays"])]
    pub(crate) commit: Option<String>,
    /// Take commits that are not in the environment's form as they are.
    #[arg(long)]
    pub(crate) allow_strays: bool,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Bring an environment's existing repository under the manifest.
///
/// First tells which of its files are neither canonical nor stamped, and which of its commits canonical
/// does not have. Then a developer's branch is replaced by the projection of the canonical branch, and
/// what it was is kept there under `refs/storyline/backup/`; a stage keeps its history and gets one
/// commit. Asks first.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The environment, as the manifest names it.
    pub(crate) environment: String,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ManifestCommand {
    /// Print the JSON Schema of `storyline.toml`, for editors.
    Schema,
}

/// Build a small company in a folder and take it through what Storyline does.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The folder to build it in, which does not exist yet; one for temporary files if left out.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs. A command that fails prints an object with `done` (false) and `diagnostics`.
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub Actions shows beside the lines.
    Github,
    /// A GitLab code quality report.
    Gitlab,
}

impl Command {
    /// How the command was asked to print.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Init(args) => args.format,
            Self::Doctor(args) => args.format,
            Self::Sites(args) => args.format,
            Self::Stamp(args) | Self::Unstamp(args) => args.format,
            Self::Diff(args) => args.format,
            Self::Profile(args) => args.format,
            Self::Story(command) => command.format(),
            Self::Accept(args) => args.target.format,
            Self::Hold(args) => args.target.format,
            Self::Release(args) => args.target.format,
            Self::Promote(args) => args.format,
            Self::BackOut(args) => args.format,
            Self::Audit(args) => args.format,
            Self::BisectStory(args) => args.format,
            Self::Absorb(args) => args.format,
            Self::Adopt(args) => args.format,
            Self::Sync(args) => args.format,
            Self::Status(args) => args.format,
            Self::Log(args) => args.format,
            Self::Board(args) if args.format == BoardFormat::Json => Format::Json,
            Self::Parse(args) => args.format,
            Self::Noise(args) => args.format,
            Self::Check(args) if args.format == FindingsFormat::Json => Format::Json,
            _ => Format::Text,
        }
    }

    /// Whether it changes files that were there before.
    pub(crate) fn changes_files(&self) -> bool {
        match self {
            Self::Stamp(_) | Self::Unstamp(_) | Self::Profile(_) => true,
            Self::Promote(_) | Self::BackOut(_) => true,
            Self::Check(args) => args.fix,
            Self::Init(args) => args.write,
            _ => false,
        }
    }
}

impl StoryCommand {
    fn format(&self) -> Format {
        match self {
            Self::Start(args) => args.format,
            Self::Submit(args) => args.format,
            Self::List(args) => args.format,
            Self::Show(args) => args.format,
            Self::Depends(args) => args.format,
            Self::Withdraw(args) => args.format,
        }
    }
}

/// `path` as it was typed, seen from the folder of `-C`.
pub(crate) fn from_directory(directory: &Path, path: &Path) -> PathBuf {
    match directory == Path::new(".") {
        true => path.into(),
        false => directory.join(path),
    }
}

/// The whole command line, for documentation and completions.
pub fn command() -> clap::Command {
    Cli::command()
}
