//! Previews of files in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;

use storyline_diff::objects::objects;
use storyline_diff::render::html;
use storyline_diff::{Entry, Impact, Kind, Options, Pair, Preview, Report, Side};
use storyline_stamp::{ReadError, TreePatch};
use storyline_text::RelPath;

pub(crate) const FILE: Kind = Kind::File {
    executable: Some(false),
};

/// Files by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    entries: Vec<Entry>,
    bytes: Vec<Vec<u8>>,
}

impl Files {
    /// What has no path that a file may have is left out.
    pub(crate) fn new(files: impl IntoIterator<Item = (Vec<u8>, Kind, Vec<u8>)>) -> Self {
        let mut all = BTreeMap::new();
        for (path, kind, bytes) in files {
            if let Ok(path) = RelPath::new(&path) {
                all.insert(path, (kind, bytes));
            }
        }
        let mut files = Self::default();
        for (path, (kind, bytes)) in all {
            let hash = (kind == Kind::Submodule).then_some([bytes.len() as u8; 20]);
            files.entries.push(Entry { path, kind, hash });
            files.bytes.push(bytes);
        }
        files
    }

    pub(crate) fn texts(files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        Self::new(files.map(|(path, text)| (path.as_bytes().into(), FILE, text.as_bytes().into())))
    }
}

impl Side for Files {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        Ok(Cow::Borrowed(&self.bytes[at.expect("it is there")]))
    }
}

pub(crate) fn report(before: &Files, after: &Files) -> Report {
    let nothing = TreePatch::default();
    let options = Options {
        wanted: &|_| true,
        text: false,
    };
    let pair = Pair::new(before, after).expect("nothing fails in memory");
    let report = pair.report(&nothing, &nothing, &options);
    report.expect("nothing fails in memory")
}

/// The page of what differs between `before` and `after`; `raw` is what is after with its stamps.
pub(crate) fn page(before: &Files, after: &Files, raw: &Files, impact: &Impact) -> String {
    let canonical = report(before, after);
    html(&Preview {
        base: "main",
        head: "story/tax",
        canonical: &canonical,
        raw: &report(before, raw),
        objects: &objects(&canonical),
        impact,
    })
}
