//! `storyline profile ENV`

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use storyline_dbt::{FileKind, Name, NameKind, Projects, Put, Setting, Wanted, masked, put};
use storyline_folder::{ApplyError, Folder, recover};
use storyline_manifest::{DbtSetting, DbtTarget, Environment, Kind, Manifest};
use storyline_stamp::{Change, EntryKind, FileSet, TreePatch};
use storyline_text::{Diagnostic, Label, RelPath, Visible};

use crate::args::{Format, ProfileArgs};
use crate::failure::{Failure, FailureKind, Sources};
use crate::output::{self, shown};
use crate::project::Project;
use crate::{json, report};

/// What dbt calls the file.
const PROFILES: &[u8] = b"profiles.yml";

pub(crate) fn run(directory: &Path, args: &ProfileArgs) -> Result<ExitCode, Failure> {
    let project = Project::open(directory)?;
    let manifest = project.need_manifest()?;
    let environment = manifest.environment(&args.environment)?;
    let target = environment.dbt().ok_or_else(|| no_target(environment))?;
    let place = Place::of(&project, target, args.file.as_deref())?;
    let source = place.read()?;
    let made = make(&project, manifest, environment, target, &place, &source)?;
    let is_wanted = !made.patch.is_empty();
    let writes = is_wanted && !args.check && !args.dry_run;
    if writes {
        place.write(&source, &made)?;
    }
    let report = Report {
        environment: &environment.name,
        target: name_of(environment, target),
        file: place.shown(),
        made: &made,
        writes,
    };
    let printed = match args.format {
        Format::Text => output::print(&report.text()),
        Format::Json => output::print_json(&report.json()),
    };
    match writes {
        true => printed
            .map_err(|failure| failure.help("the file is written; only this report is missing"))?,
        false => printed?,
    }
    Ok(ExitCode::from(u8::from(args.check && is_wanted)))
}

fn no_target(environment: &Environment) -> Failure {
    let name = &environment.name;
    let title = format!("environment `{name}` has no target of dbt's");
    let diagnostic = Diagnostic::error("dbt-no-target", title)
        .label(environment.place.label("this environment"))
        .help(format!(
            "add `[environment.{name}.dbt]`, be it empty; its target then stands beside the others of the profile, and `stamp {name}` leaves those as they are"
        ));
    Failure::new(FailureKind::Usage, diagnostic).unchanged()
}

fn name_of<'e>(environment: &'e Environment, target: &'e DbtTarget) -> &'e str {
    target.target.as_deref().unwrap_or(&environment.name)
}

/// Decides what the file shall be.
fn make(
    project: &Project,
    manifest: &Manifest,
    environment: &Environment,
    target: &DbtTarget,
    place: &Place<'_>,
    source: &[u8],
) -> Result<Put, Failure> {
    let others = manifest.environments();
    let others = others.filter_map(|other| Some(name_of(other, other.dbt()?).to_owned()));
    let others: Vec<_> = others.collect();
    let settings = target.settings.iter();
    let settings = settings.map(|(key, value)| (key.clone(), setting(value)));
    let settings: Vec<_> = settings.collect();
    let used = used_profile(project)?;
    let wanted = Wanted {
        profile: target.profile.as_deref().or(used.as_deref()),
        target: name_of(environment, target),
        like: target.like.as_deref(),
        others: &others,
        settings: &settings,
    };
    let mut refused: Vec<Diagnostic> = Vec::new();
    let made = put(source, &wanted, &mut |name| {
        let renamed = renamed(environment, name, &place.path);
        renamed.unwrap_or_else(|diagnostic| {
            refused.push(diagnostic);
            name.text.clone()
        })
    });
    refused.dedup();
    let made = match made {
        Ok(made) if refused.is_empty() => return Ok(made),
        Ok(_) => refused,
        Err(error) => vec![error.diagnostic(&place.path)],
    };
    let mut sources = project.manifest_files().clone();
    sources.insert(place.path.clone(), masked(source));
    Err(Failure {
        kind: FailureKind::Usage,
        diagnostics: made,
        sources,
        unchanged: true,
    })
}

fn setting(setting: &DbtSetting) -> Setting {
    match setting {
        DbtSetting::Text(text) => Setting::Text(text.clone()),
        DbtSetting::Integer(number) => Setting::Integer(*number),
        DbtSetting::Boolean(value) => Setting::Boolean(*value),
    }
}

/// What a schema or database is called in the environment.
fn renamed(environment: &Environment, name: &Name, file: &RelPath) -> Result<String, Diagnostic> {
    let kind = match name.kind {
        NameKind::Schema => Kind::Schema,
        _ => Kind::Database,
    };
    let stamped = environment.names().stamp(&kind, &name.text);
    stamped.map(Into::into).map_err(|error| {
        let mut diagnostic = error.diagnostic();
        diagnostic
            .labels
            .insert(0, Label::at(file, name.span, "").masked());
        diagnostic
    })
}

/// The profile that the project's `dbt_project.yml` uses; `None` when that is not said, or several
/// projects use several.
fn used_profile(project: &Project) -> Result<Option<String>, Failure> {
    let mut used = Vec::new();
    for path in dbt_files(project, FileKind::Project) {
        let bytes = project.folder.read(path)?;
        let document = storyline_yaml::read(&bytes);
        let names = storyline_dbt::names(FileKind::Project, &document);
        let profiles = names
            .into_iter()
            .filter(|name| name.kind == NameKind::Profile);
        used.extend(profiles.map(|name| name.text));
    }
    used.sort();
    used.dedup();
    Ok(used.pop().filter(|_| used.is_empty()))
}

fn dbt_files(project: &Project, wanted: FileKind) -> impl Iterator<Item = &RelPath> {
    let entries = project.folder.entries().iter();
    let files = entries.filter(|entry| entry.kind == EntryKind::File);
    let paths = files.map(|entry| &entry.path);
    let projects = Projects::among(paths.clone());
    paths.filter(move |path| projects.kind(path) == Some(wanted))
}

/// Where the profiles are: in the project, or in a folder of their own.
struct Place<'p> {
    project: &'p Project,
    outside: Option<(Folder, PathBuf)>,
    /// Inside its folder.
    path: RelPath,
}

impl<'p> Place<'p> {
    fn of(project: &'p Project, target: &DbtTarget, asked: Option<&Path>) -> Result<Self, Failure> {
        let inside = |path| Self {
            project,
            outside: None,
            path,
        };
        let Some(asked) = asked else {
            return match &target.file {
                Some(path) => Ok(inside(path.clone())),
                None => found(project).map(inside),
            };
        };
        let unusable = |reason: &str| {
            let title = format!("cannot use {}: {reason}", shown(asked));
            let diagnostic = Diagnostic::error("file-unusable", title)
                .help("name a file with `--file`, in a folder that is there");
            Failure::new(FailureKind::Usage, diagnostic).unchanged()
        };
        if asked.is_dir() {
            return Err(unusable("it is a folder"));
        }
        let name = asked.file_name().map(OsStr::as_encoded_bytes);
        let name = name.and_then(|name| RelPath::new(name).ok());
        let name = name.ok_or_else(|| unusable("it is no file's name"))?;
        let parent = match asked.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = parent
            .canonicalize()
            .map_err(|error| unusable(&error.to_string()))?;
        if let Ok(below) = folder.strip_prefix(project.folder.path()) {
            let path = below.join(asked.file_name().unwrap_or_default());
            let bytes = path.as_os_str().as_encoded_bytes();
            let path = RelPath::new(&slashed(bytes)).map_err(|e| unusable(&e.to_string()))?;
            return Ok(inside(path));
        }
        if let Some(recovered) = recover(&folder)? {
            report::diagnostics(&recovered.diagnostics(), &Sources::new());
        }
        let folder = Folder::open(&folder).map_err(|error| Failure::from(error).unchanged())?;
        Ok(Self {
            project,
            outside: Some((folder, asked.into())),
            path: name,
        })
    }

    fn folder(&self) -> &Folder {
        match &self.outside {
            Some((folder, _)) => folder,
            None => &self.project.folder,
        }
    }

    fn shown(&self) -> String {
        match &self.outside {
            Some((_, asked)) => shown(asked),
            None => self.path.to_string(),
        }
    }

    fn kind(&self) -> Option<EntryKind> {
        let entries = self.folder().entries();
        let at = entries.binary_search_by(|entry| entry.path.cmp(&self.path));
        at.ok().map(|at| entries[at].kind)
    }

    /// The file's bytes; none of one that does not exist yet.
    fn read(&self) -> Result<Vec<u8>, Failure> {
        let below = [self.path.as_bytes(), b"/"].concat();
        let mut entries = self.folder().entries().iter();
        let is_folder = entries.any(|entry| entry.path.as_bytes().starts_with(&below));
        match self.kind() {
            Some(EntryKind::File) => Ok(self.folder().read(&self.path)?.into_owned()),
            None if !is_folder => Ok(Vec::new()),
            other => {
                let what = match other {
                    Some(EntryKind::Symlink) => "a link, which is not followed",
                    _ => "a folder",
                };
                let title = format!("{} is {what}", self.shown());
                let diagnostic = Diagnostic::error("file-unusable", title).help(
                    "name the file itself: `--file PATH`, or `file` in the environment's `dbt` table",
                );
                Err(Failure::new(FailureKind::Usage, diagnostic).unchanged())
            }
        }
    }

    fn write(&self, source: &[u8], made: &Put) -> Result<(), ApplyError> {
        let folder = self.folder();
        if self.kind().is_none() {
            let bytes = made.patch.apply(source).expect("it was made for these");
            return folder.create(&self.path, &bytes);
        }
        let change = Change {
            from: self.path.clone(),
            to: self.path.clone(),
            before: source.to_vec(),
            patch: made.patch.clone(),
        };
        let changes = vec![change];
        folder.apply(&TreePatch { changes }).map(drop)
    }
}

/// Paths of a project have `/` on every system.
fn slashed(bytes: &[u8]) -> Vec<u8> {
    let separator = std::path::MAIN_SEPARATOR as u8;
    let slash = |b: &u8| if *b == separator { b'/' } else { *b };
    bytes.iter().map(slash).collect()
}

/// The project's only `profiles.yml`, or where it will be: dbt is run beside `dbt_project.yml`.
fn found(project: &Project) -> Result<RelPath, Failure> {
    let files: Vec<_> = dbt_files(project, FileKind::Profiles).collect();
    if let [file] = files[..] {
        return Ok(file.clone());
    }
    if files.is_empty() {
        let mut projects = dbt_files(project, FileKind::Project);
        let beside = projects.next().filter(|_| projects.next().is_none());
        let beside = beside.and_then(|path| path.with_file_name(PROFILES).ok());
        return Ok(beside.unwrap_or_else(|| RelPath::new(PROFILES).expect("a plain name")));
    }
    let mut diagnostic =
        Diagnostic::error("dbt-several-profiles", "nobody says which file is meant");
    for file in files {
        diagnostic = diagnostic.label(Label::path(file, ""));
    }
    let diagnostic = diagnostic
        .help("write `file = \"…\"` in the environment's `dbt` table, or give `--file PATH`");
    Err(Failure::new(FailureKind::Usage, diagnostic).unchanged())
}

/// What was made, for people and programs. Values are not told: one may be a secret that nobody
/// took for one.
struct Report<'r> {
    environment: &'r str,
    target: &'r str,
    file: String,
    made: &'r Put,
    writes: bool,
}

/// The same as JSON.
#[derive(Debug, Serialize)]
struct JsonProfile<'r> {
    environment: &'r str,
    file: &'r str,
    profile: &'r str,
    target: &'r str,
    /// The target that it is like.
    like: Option<&'r str>,
    /// Whether the file was written.
    done: bool,
    /// Whether the target is as it shall be, without any change.
    up_to_date: bool,
    /// Whether the target was not there before.
    new: bool,
    /// Settings that change.
    settings: &'r [String],
    /// Variables of the environment to set, each in place of a secret.
    variables: &'r [String],
    diagnostics: Vec<json::JsonDiagnostic>,
}

impl Report<'_> {
    fn text(&self) -> String {
        let visible = |text: &str| Visible(text.as_bytes()).to_string();
        let Put { profile, like, .. } = self.made;
        let file = &self.file;
        let target = format!(
            "target `{}` of profile `{}`",
            visible(self.target),
            visible(profile)
        );
        if self.made.patch.is_empty() {
            return format!("{file}: {target} is as it should be\n");
        }
        let did = match (self.made.is_new, self.writes) {
            (true, true) => "added",
            (true, false) => "would add",
            (false, true) => "updated",
            (false, false) => "would update",
        };
        let like = like
            .as_ref()
            .map(|like| format!(", like `{}`", visible(like)));
        let settings: Vec<_> = self.made.settings.iter().map(|s| visible(s)).collect();
        let mut out = format!("{file}: {did} {target}{}\n", like.unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = writeln!(out, "settings: {}", settings.join(", "));
        for variable in &self.made.variables {
            let _ = writeln!(
                out,
                "set {variable} where dbt runs: it takes the place of a secret"
            );
        }
        out
    }

    fn json(&self) -> JsonProfile<'_> {
        JsonProfile {
            environment: self.environment,
            file: &self.file,
            profile: &self.made.profile,
            target: self.target,
            like: self.made.like.as_deref(),
            done: self.writes,
            up_to_date: self.made.patch.is_empty(),
            new: self.made.is_new,
            settings: &self.made.settings,
            variables: &self.made.variables,
            diagnostics: Vec::new(),
        }
    }
}
