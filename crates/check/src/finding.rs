//! One finding, and all of them.

use std::collections::{BTreeMap, BTreeSet};

use storyline_text::{Diagnostic, Edit, Label, RelPath, Severity};

/// One thing that is wrong, and how it can be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, where, and what to do. The first label is the place.
    pub diagnostic: Diagnostic,
    /// A mend that changes nothing that the project means.
    pub fix: Option<Fix>,
}

/// How a finding is mended, by bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The file.
    pub file: RelPath,
    /// The one change.
    pub edit: Edit,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Report {
    /// By file and position.
    pub findings: Vec<Finding>,
    /// Bytes of the files that findings point into.
    pub sources: BTreeMap<RelPath, Vec<u8>>,
    /// How many files were read.
    pub files: usize,
}

impl Finding {
    /// A finding that a person has to mend.
    pub(crate) fn new(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostic,
            fix: None,
        }
    }

    /// Whether something has to be done: anything but a notice.
    pub fn is_serious(&self) -> bool {
        self.diagnostic.severity > Severity::Notice
    }

    /// Where it is, if it is about one file.
    pub fn place(&self) -> Option<&Label> {
        self.diagnostic.labels.first()
    }
}

/// By file and position, each once.
pub(crate) fn sort(findings: &mut Vec<Finding>) {
    fn key(finding: &Finding) -> impl Ord + '_ {
        let place = finding.place();
        let file = place.map(|label| &label.file);
        let span = place.and_then(|label| label.span);
        (file, span, finding.diagnostic.id, &finding.diagnostic.title)
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup_by(|a, b| a.diagnostic == b.diagnostic);
}

impl Report {
    /// Leaves out what is not in one of `paths`: files, or folders with all that is in them.
    pub fn only(&mut self, paths: &BTreeSet<RelPath>) {
        let wanted = |file: &RelPath| {
            let bytes = file.as_bytes();
            let folders = memchr::memchr_iter(b'/', bytes).map(|at| &bytes[..at]);
            let mut ways = folders.chain([bytes]);
            ways.any(|way| RelPath::new(way).is_ok_and(|way| paths.contains(&way)))
        };
        self.findings.retain(|finding| {
            let place = finding.place();
            place.is_some_and(|label| wanted(&label.file))
        });
    }
}
