//! `[[site]]`: places in files of other languages where names stand.

use std::fmt;
use std::ops::Range;

use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::ast::ErrorKind;
use storyline_text::{Diagnostic, RelPath, Span, Visible};
use storyline_yaml::{self as yaml, PatternError};

use crate::error::Place;
use crate::file::{SiteTable, Spanned, Text, Texts};
use crate::names::Kind;
use crate::settings::Reader;

/// Bytes of the longest regular expression or glob.
const MAX_PATTERN: usize = 1024;
/// Bytes that a regular expression may need once it is compiled.
const MAX_COMPILED: usize = 4 << 20;
/// Groups within groups of a regular expression.
const MAX_NESTING: u32 = 64;

/// A place in files of another language where names stand.
#[derive(Clone, Debug)]
pub struct DeclaredSite {
    /// The files.
    pub files: Files,
    /// Where in a file.
    pub locator: Locator,
    /// What stands there.
    pub kind: Kind,
    /// Where the manifest declares it.
    pub place: Place,
}

impl DeclaredSite {
    /// What the rule says, as text: two that find the same have the same, wherever they are declared.
    pub fn identity(&self) -> String {
        format!("{:?} {:?} {}", self.files, self.locator, self.kind)
    }
}

/// Where in a file names stand.
#[derive(Clone, Debug)]
pub enum Locator {
    /// Under these keys of a YAML, TOML or JSON file.
    Path(yaml::Pattern),
    /// In the one group of this expression, in a file of any kind.
    Pattern(Regex),
}

/// Which files are meant: those that one of some globs matches.
#[derive(Clone)]
pub struct Files {
    globs: Vec<String>,
    set: GlobSet,
}

impl Files {
    /// Whether the file at `path` is one of them.
    pub fn contains(&self, path: &RelPath) -> bool {
        self.set
            .is_match_candidate(&Candidate::from_bytes(path.as_bytes()))
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.globs.fmt(f)
    }
}

impl Reader<'_> {
    /// What a `[[site]]` says; `None` with a mistake in it.
    pub(crate) fn site(&mut self, site: &Spanned<SiteTable>) -> Option<DeclaredSite> {
        let SiteTable {
            files,
            path,
            pattern,
            kind,
        } = &site.value;
        let files = self.files(files);
        let locator = match (path, pattern) {
            (Some(path), None) => self.path(path).map(Locator::Path),
            (None, Some(pattern)) => self.regex(pattern).map(Locator::Pattern),
            (None, None) => {
                let diagnostic = Diagnostic::error("missing-key", "`path` or `pattern` is missing")
                    .label(self.place(site.span).label("in `site`"))
                    .help("add `path = \"…\"` for YAML, TOML and JSON, or `pattern = '…'` for other files");
                self.report.push(diagnostic);
                None
            }
            (Some(path), Some(pattern)) => {
                let title = "a site has a `path` or a `pattern`, not both";
                let diagnostic = Diagnostic::error("site-twice", title)
                    .label(self.place(path.span).label("where in the data"))
                    .label(self.place(pattern.span).label("where in the text"))
                    .help("take one of them away, or write two `[[site]]`");
                self.report.push(diagnostic);
                None
            }
        };
        let known = kind.value.parse().ok();
        if known.is_none() {
            self.unknown(kind, "kind of name", "kinds", &Kind::words());
        }
        Some(DeclaredSite {
            files: files?,
            locator: locator?,
            kind: known?,
            place: self.place(site.span),
        })
    }

    fn files(&mut self, list: &Spanned<Texts>) -> Option<Files> {
        let texts = list.texts();
        let globs: Vec<_> = texts.iter().filter_map(|text| self.glob(text)).collect();
        if globs.len() < texts.len() {
            return None;
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(glob);
        }
        let reason = match set.build() {
            Ok(set) if !set.is_empty() => {
                let globs = texts.into_iter().map(|text| text.value).collect();
                return Some(Files { globs, set });
            }
            Ok(_) => "no glob says which files are meant".into(),
            Err(error) => error.kind().to_string(),
        };
        self.bad_glob(list.span, reason);
        None
    }

    fn glob(&mut self, text: &Text) -> Option<Glob> {
        let glob = &text.value;
        let built = match RelPath::new(glob.as_bytes()) {
            Err(reason) => Err(format!("the glob `{}` is refused: {reason}", shown(glob))),
            Ok(_) if glob.len() > MAX_PATTERN => Err(too_long(glob)),
            // The same everywhere, whatever separates folders where this runs.
            Ok(_) => GlobBuilder::new(glob)
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map_err(|error| format!("`{}` is no glob: {}", shown(glob), error.kind())),
        };
        built
            .map_err(|reason| self.bad_glob(text.span, reason))
            .ok()
    }

    fn bad_glob(&mut self, at: Span, title: String) {
        let diagnostic = Diagnostic::error("bad-glob", title)
            .label(self.place(at).label(""))
            .help("write paths as seen from the project's root, as in `dbt/profiles.yml` or `config/**/*.json`");
        self.report.push(diagnostic);
    }

    fn path(&mut self, text: &Text) -> Option<yaml::Pattern> {
        let error = match yaml::Pattern::parse(&text.value) {
            Ok(path) => return Some(path),
            Err(error) => error,
        };
        let (at, title) = match error {
            PatternError::Expected { at, expected } => {
                let wrong = text.value[at..].chars().next();
                let end = at + wrong.map_or(0, char::len_utf8);
                (at..end, format!("{expected} should stand here"))
            }
            other => (0..text.value.len(), other.to_string()),
        };
        let place = self.place(self.inside(text, at));
        let help = "write keys joined by dots, odd ones in double quotes, as in `outputs.*.dbname` or `targets[0].\"db.name\"`";
        let diagnostic = Diagnostic::error("bad-path", title);
        self.report
            .push(diagnostic.label(place.label("")).help(help));
        None
    }

    fn regex(&mut self, text: &Text) -> Option<Regex> {
        let pattern = &text.value;
        let (at, title, help) = match compiled(pattern) {
            Ok(regex) => return Some(regex),
            Err(wrong) => wrong,
        };
        let place = self.place(self.inside(text, at));
        let diagnostic = Diagnostic::error("bad-pattern", title);
        self.report
            .push(diagnostic.label(place.label("")).help(help));
        None
    }
}

/// Bytes of a text, what is wrong there, and what to write instead.
type Wrong = (Range<usize>, String, &'static str);

/// The regular expression that `pattern` is, if it is one of linear time with one group.
fn compiled(pattern: &str) -> Result<Regex, Wrong> {
    let whole = 0..pattern.len();
    if pattern.len() > MAX_PATTERN {
        let help = "write several `[[site]]` with shorter patterns";
        return Err((whole, too_long(pattern), help));
    }
    let mut parser = ParserBuilder::new();
    let mut parser = parser.utf8(false).nest_limit(MAX_NESTING).build();
    let parsed = parser
        .parse(pattern)
        .map_err(|error| syntax(pattern, &error))?;
    let groups = parsed.properties().explicit_captures_len();
    if groups != 1 {
        let title = format!("the pattern has {groups} groups, where one has to hold the name");
        let help = "put the name alone in parentheses, and write `(?:…)` for all other groups";
        return Err((whole, title, help));
    }
    let regex = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build();
    regex.map_err(|_| {
        let title = format!("the pattern needs more than {MAX_COMPILED} bytes once it is compiled");
        let help = "write smaller counts, and `[a-z0-9_]` in place of `\\w`";
        (whole, title, help)
    })
}

fn too_long(text: &str) -> String {
    format!(
        "this has {} bytes, where {MAX_PATTERN} are allowed",
        text.len()
    )
}

fn shown(text: &str) -> Visible<'_> {
    Visible(text.as_bytes())
}

fn syntax(pattern: &str, error: &regex_syntax::Error) -> Wrong {
    let (span, what) = match error {
        regex_syntax::Error::Parse(error) => (error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span(), error.kind().to_string()),
        _ => {
            return (
                0..pattern.len(),
                "this is no pattern".into(),
                "write it more plainly",
            );
        }
    };
    let at = span.start.offset..span.end.offset;
    let construct = shown(&pattern[at.clone()]);
    let kind = match error {
        regex_syntax::Error::Parse(error) => Some(error.kind()),
        _ => None,
    };
    let (title, help) = match kind {
        Some(ErrorKind::UnsupportedLookAround) => (
            format!("`{construct}` looks ahead or behind, which takes more than linear time"),
            "write what stands before and after the name into the pattern, and only the name into the group, as in `db=(\\w+);`",
        ),
        Some(ErrorKind::UnsupportedBackreference) => (
            format!("`{construct}` refers to a group again, which takes more than linear time"),
            "write out what stands there, or write one `[[site]]` for each text that may stand there",
        ),
        _ => (
            format!("`{construct}` is wrong in a pattern: {what}"),
            "write it as Rust's `regex` has it; a `\\` before a character stands for the character itself",
        ),
    };
    (at, title, help)
}
