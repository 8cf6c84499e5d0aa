//! `storyline git-driver merge`: three states of a file, in whatever form each of them is.
//!
//! The base and the other side are taken to the form of this one, then Git's own line merge does the
//! rest. A stamp changes no line end and gives no two lines that differ the same text, so that this merges
//! exactly what would merge in canonical form; and conflicts come with the names that belong here.
//!
//! Git's merge knows nothing of what lines mean. Values that span lines (SQL, HTML, block scalars) are
//! therefore given to it as one line each: a value that both sides changed is a conflict, and is never made
//! of parts of both. And what merges without conflicts, but cannot be read any more, is a conflict, too.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use storyline_repo::{Git, Markers, MergedText, Repository, Sides};
use storyline_stamp::{FileForm, Lens, blocks};
use storyline_text::{Diagnostic, RelPath, Span, Visible};

use super::{MAX_FILE, unreadable};
use crate::args::MergeArgs;
use crate::failure::{Failure, FailureKind, usage};
use crate::ground::{self, Ground};
use crate::{git, report};

pub(super) fn run(directory: &Path, args: &MergeArgs) -> Result<ExitCode, Failure> {
    let read =
        |file: &PathBuf| fs::read(directory.join(file)).map_err(|error| unreadable(file, &error));
    let (base, ours, theirs) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    let markers = markers(args);
    let path = args.path.as_deref();
    let path = path.and_then(|path| RelPath::new(path.as_encoded_bytes()).ok());
    let ground = Ground::open(directory);
    let own;
    let repository = match &ground {
        Some(ground) => ground.repository(),
        None => {
            own = ground::repository(directory).ok_or_else(no_repository)?;
            &own
        }
    };
    let merger = Merger {
        git: git::program(Some(repository))?,
        repository,
        markers,
    };
    let sides = Sides {
        base: &base,
        ours: &ours,
        theirs: &theirs,
    };
    let is_text =
        |bytes: &[u8]| bytes.len() as u64 <= MAX_FILE && memchr::memchr(0, bytes).is_none();
    let is_known = [&base, &ours, &theirs].iter().all(|side| is_text(side));
    let merged = match path.filter(|_| is_known) {
        Some(path) => merger.file(
            &path,
            sides,
            ground.as_ref().and_then(Ground::lens).as_ref(),
        )?,
        None => merger.lines(sides)?,
    };
    let Some(merged) = merged else {
        // Git keeps this side of what is no text, and all three in its index.
        return Ok(FailureKind::Findings.exit_code());
    };
    replace(&directory.join(&args.ours), &merged.text)
        .map_err(|error| unreadable(&args.ours, &error))?;
    Ok(match merged.has_conflicts {
        true => FailureKind::Findings.exit_code(),
        false => ExitCode::SUCCESS,
    })
}

fn no_repository() -> Failure {
    usage(Diagnostic::error(
        "no-repository",
        "no Git repository is here",
    ))
}

/// What the sides are called where Git does not tell.
const LABELS: [(&str, &str); 3] = [("%X", "ours"), ("%S", "base"), ("%Y", "theirs")];

fn markers(args: &MergeArgs) -> Markers {
    // Git hands them over as base, ours, theirs; before 2.44 it left the letters as they are.
    let given = |at: usize| args.labels.get(at).map(|label| label.to_string_lossy());
    let labels = [given(1), given(0), given(2)];
    let mut labels = LABELS.iter().zip(labels).map(|((letters, usual), given)| {
        let given = given.filter(|given| given != letters && !given.contains('\0'));
        given.map_or((*usual).to_owned(), Cow::into_owned)
    });
    let mut next = || labels.next().unwrap_or_default();
    Markers {
        size: args.marker_size.clamp(1, 200),
        labels: [next(), next(), next()],
    }
}

/// Whoever reads the file meanwhile has the old one, or the new one.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".storyline");
    let written = fs::File::create(&beside).and_then(|mut new| new.write_all(bytes));
    let replaced = written.and_then(|()| fs::rename(&beside, file));
    if replaced.is_err() {
        // It may not be there at all.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// Merges, with the `git` and the markers that were asked for.
struct Merger<'g> {
    git: Git,
    repository: &'g Repository,
    markers: Markers,
}

impl Merger<'_> {
    /// Line by line, with nothing else known.
    fn lines(&self, sides: Sides<'_>) -> Result<Option<MergedText>, Failure> {
        let merged = self.git.merge_text(self.repository, sides, &self.markers);
        Ok(merged?)
    }

    /// The file at `path`, in the form of our side.
    fn file(
        &self,
        path: &RelPath,
        sides: Sides<'_>,
        lens: Option<&Lens<'_>>,
    ) -> Result<Option<MergedText>, Failure> {
        let (base, theirs) = match lens {
            Some(lens) => taken(lens, path, sides),
            None => (sides.base.into(), sides.theirs.into()),
        };
        let sides = Sides {
            base: &base,
            theirs: &theirs,
            ..sides
        };
        let all = [sides.base, sides.ours, sides.theirs];
        let found = all.map(|side| blocks(path, side));
        let [Some(in_base), Some(in_ours), Some(in_theirs)] = &found else {
            return self.lines(sides);
        };
        let Some(mark) = mark(all) else {
            return self.lines(sides);
        };
        let merged = self.lines(Sides {
            base: &joined(sides.base, in_base, mark),
            ours: &joined(sides.ours, in_ours, mark),
            theirs: &joined(sides.theirs, in_theirs, mark),
        })?;
        let Some(mut merged) = merged else {
            return Ok(None);
        };
        for byte in merged.text.iter_mut().filter(|byte| **byte == mark) {
            *byte = b'\n';
        }
        if !merged.has_conflicts && blocks(path, &merged.text).is_none() {
            tell(
                path,
                "merges line by line, but cannot be read afterwards: the lines that differ are left to you",
            );
            return Ok(Some(apart(sides, &self.markers)));
        }
        Ok(Some(merged))
    }
}

/// The base and the other side in the form of ours. A side whose form is not clear stays as it is.
fn taken<'s>(lens: &Lens<'_>, path: &RelPath, sides: Sides<'s>) -> (Cow<'s, [u8]>, Cow<'s, [u8]>) {
    let form = match lens.form_of(path, sides.ours) {
        FileForm::Any => lens.form(),
        FileForm::Canonical => None,
        FileForm::Stamped(environment) => Some(environment),
        FileForm::Unclear => return (sides.base.into(), sides.theirs.into()),
    };
    let take = |bytes: &'s [u8]| lens.take(path, bytes, form);
    let base = take(sides.base).ok().flatten();
    let theirs = take(sides.theirs).unwrap_or_else(|_| {
        let form = form.map_or("canonical", |environment| &environment.name);
        let why =
            format!("the other side cannot be taken to the form `{form}`, and is merged as it is");
        tell(path, &why);
        None
    });
    let or = |taken: Option<Vec<u8>>, bytes| taken.map_or(Cow::Borrowed(bytes), Cow::Owned);
    (or(base, sides.base), or(theirs, sides.theirs))
}

fn tell(path: &RelPath, what: &str) {
    let path = path.to_string();
    report::say(&format!(
        "storyline: {}: {what}\n",
        Visible(path.as_bytes())
    ));
}

/// A byte that none of the sides has, and that looks like no line end.
fn mark(sides: [&[u8]; 3]) -> Option<u8> {
    let mut marks = (1..=8).chain(14..=31);
    marks.find(|mark| {
        sides
            .iter()
            .all(|side| memchr::memchr(*mark, side).is_none())
    })
}

/// With each block on one line.
fn joined(bytes: &[u8], blocks: &[Span], mark: u8) -> Vec<u8> {
    let mut joined = bytes.to_vec();
    for block in blocks {
        let range = block.start as usize..block.end as usize;
        let inside = &mut joined[range];
        // A line end after the last word is that of the line.
        let end = inside.trim_ascii_end().len();
        for byte in inside[..end].iter_mut().filter(|byte| **byte == b'\n') {
            *byte = mark;
        }
    }
    joined
}

/// One conflict, from the first line in which both sides differ to the last.
fn apart(sides: Sides<'_>, markers: &Markers) -> MergedText {
    let ours: Vec<_> = sides.ours.split_inclusive(|b| *b == b'\n').collect();
    let theirs: Vec<_> = sides.theirs.split_inclusive(|b| *b == b'\n').collect();
    let pairs = ours.iter().zip(&theirs);
    let before = pairs.take_while(|(a, b)| a == b).count();
    let pairs = ours[before..]
        .iter()
        .rev()
        .zip(theirs[before..].iter().rev());
    let after = pairs.take_while(|(a, b)| a == b).count();
    let end: &[u8] = match ours.first().is_some_and(|line| line.ends_with(b"\r\n")) {
        true => b"\r\n",
        false => b"\n",
    };
    let mut text = ours[..before].concat();
    let mut put = |marker: u8, label: &str, lines: &[&[u8]]| {
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.extend_from_slice(end);
        }
        text.extend(std::iter::repeat_n(marker, markers.size));
        if !label.is_empty() {
            text.extend([b" ", label.as_bytes()].concat());
        }
        text.extend([end, &lines.concat()].concat());
    };
    let [ours_label, _, theirs_label] = &markers.labels;
    put(b'<', ours_label, &ours[before..ours.len() - after]);
    put(b'=', "", &theirs[before..theirs.len() - after]);
    put(b'>', theirs_label, &ours[ours.len() - after..]);
    MergedText {
        text,
        has_conflicts: true,
    }
}
