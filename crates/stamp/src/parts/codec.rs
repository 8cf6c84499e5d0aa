//! Outlines and gists as bytes, for whoever keeps them. What reads back is the same or nothing.

use storyline_manifest::Kind;
use storyline_text::RelPath;

use super::{Gist, Outline};
use crate::{Entry, EntryKind};

impl Outline {
    /// Its bytes; none when there is nothing in it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        if *self == Self::default() {
            return out.0;
        }
        out.flags(&[self.unnamed, self.odd_folder]);
        out.list(&self.like_models, |out, entry| {
            out.0.push(match entry.kind {
                EntryKind::File => 0,
                EntryKind::Symlink => 1,
                EntryKind::Submodule => 2,
            });
            out.bytes(entry.path.as_bytes());
        });
        out.list(&self.dbt, |out, path| out.bytes(path.as_bytes()));
        out.list(&self.root_folders, |out, name| out.bytes(name));
        out.0
    }

    /// What [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let mut from = Reader(bytes);
        let [unnamed, odd_folder] = from.flags()?;
        let outline = Self {
            unnamed,
            odd_folder,
            like_models: from.list(|from| {
                let kind = match from.byte()? {
                    0 => EntryKind::File,
                    1 => EntryKind::Symlink,
                    2 => EntryKind::Submodule,
                    _ => return None,
                };
                let path = from.path()?;
                Some(Entry {
                    path,
                    kind,
                    size: 0,
                })
            })?,
            dbt: from.list(Reader::path)?,
            root_folders: from.list(|from| from.bytes().map(Into::into))?,
        };
        from.end(outline)
    }
}

impl Gist {
    /// Its bytes; none when there is nothing in it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        if *self == Self::default() {
            return out.0;
        }
        out.flags(&[self.is_broken, self.may_change, self.project.is_some()]);
        out.bytes(self.project.as_deref().unwrap_or_default().as_bytes());
        out.list(&self.definitions, |out, (kind, name, in_target)| {
            out.flags(&[*in_target]);
            out.bytes(kind.to_string().as_bytes());
            out.bytes(name.as_bytes());
        });
        out.0
    }

    /// What [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let mut from = Reader(bytes);
        let [is_broken, may_change, has_project] = from.flags()?;
        let project = from.text()?.to_owned();
        let gist = Self {
            is_broken,
            may_change,
            project: has_project.then_some(project),
            definitions: from.list(|from| {
                let [in_target] = from.flags()?;
                let kind: Kind = from.text()?.parse().ok()?;
                Some((kind, from.text()?.to_owned(), in_target))
            })?,
        };
        from.end(gist)
    }
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn flags(&mut self, flags: &[bool]) {
        self.0.extend(flags.iter().map(|flag| u8::from(*flag)));
    }

    fn number(&mut self, number: usize) {
        self.0.extend((number as u64).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn list<'i, T: 'i>(
        &mut self,
        items: impl IntoIterator<Item = &'i T, IntoIter: ExactSizeIterator>,
        each: impl Fn(&mut Self, &T),
    ) {
        let items = items.into_iter();
        self.number(items.len());
        items.for_each(|item| each(self, item));
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    fn flags<const N: usize>(&mut self) -> Option<[bool; N]> {
        let bytes: [u8; N] = self.take(N)?.try_into().ok()?;
        bytes
            .iter()
            .all(|byte| *byte < 2)
            .then(|| bytes.map(|byte| byte == 1))
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn path(&mut self) -> Option<RelPath> {
        RelPath::new(self.bytes()?).ok()
    }

    fn list<T, C: FromIterator<T>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<C> {
        let length = self.number()?;
        (0..length).map(|_| each(self)).collect()
    }

    /// `value`, if everything was read.
    fn end<T>(&self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}
