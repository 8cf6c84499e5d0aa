//! Edits of one scalar: the style stays, and what a style cannot say safely is not written.

use std::collections::HashSet;
use std::iter;

use storyline_text::{Edit, Span, Visible};

use crate::cook;
use crate::error::EditError;
use crate::node::{Kind, Node, Scalar, Style};
use crate::plain::{self, Meaning};

/// A change of one scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes that change, and what they become.
    pub edit: Edit,
    /// Whether the scalar had to be put in double quotes, or others than it had, to hold the new
    /// value. Replacing it back then does not bring the old bytes back.
    pub requoted: bool,
    /// How many aliases elsewhere in the file change with it.
    pub aliases: usize,
}

impl Scalar<'_> {
    /// Gives the scalar another value, in the style that it has. If the value cannot be said in that
    /// style, or would be taken for something else than text (`true`, `1e3`, `{{ x }}`) where the
    /// old one was not, it is put in double quotes.
    ///
    /// A value that is missing is written after its colon or dash.
    ///
    /// # Errors
    /// [`EditError`] for an alias, a merge key, a scalar below a key that stands twice, a template
    /// (`{{ … }}`, `{% … %}`), a missing value without a colon, and a block of text that cannot hold
    /// the new value under its header.
    pub fn replace(&self, value: &str) -> Result<Replacement, EditError> {
        self.check_editable()?;
        let old = self.value();
        if old != value && (old.contains("{{") || old.contains("{%")) {
            let (address, at) = (self.address(), self.span());
            return Err(EditError::Template { address, at });
        }
        self.overwrite(value)
    }

    /// The same, but a template is overwritten.
    ///
    /// # Errors
    /// As [`Scalar::replace`], but for templates.
    pub fn overwrite(&self, value: &str) -> Result<Replacement, EditError> {
        self.check_editable()?;
        if self.is_missing() && !value.is_empty() {
            return self.fill(value);
        }
        let content = self.content();
        if value == self.value() {
            return Ok(self.replacement(content, self.raw()));
        }
        match self.style() {
            Style::Plain if self.is_plain(value) => Ok(self.replacement(content, value)),
            Style::Double => Ok(self.replacement(content, plain::double(value))),
            Style::Literal | Style::Folded => self.replace_block(value),
            Style::Plain | Style::Single => match plain::single(value) {
                Some(single) if self.style() == Style::Single => {
                    Ok(self.replacement(content, single))
                }
                _ => {
                    let quoted = format!("\"{}\"", plain::double(value));
                    let mut replacement = self.replacement(self.span(), quoted);
                    replacement.requoted = true;
                    Ok(replacement)
                }
            },
        }
    }

    /// Replaces a part of the content, such as a name inside an address inside a long text. `part`
    /// is in bytes of the file, `text` is what those bytes shall say; quotes and backslashes in it
    /// are escaped as the style wants.
    ///
    /// # Errors
    /// As [`Scalar::replace`]; [`EditError::Part`] if `part` is not inside the content, spans lines
    /// or cuts a character or an escape in two; [`EditError::Unsafe`] if the text would be taken for
    /// something else, since a part cannot be quoted.
    pub fn replace_within(&self, part: Span, text: &str) -> Result<Replacement, EditError> {
        self.check_editable()?;
        let source = self.document().source;
        let content = self.content();
        let old = part.slice(source);
        let cut = [part.start, part.end].iter().any(|at| self.cuts(*at));
        if !content.contains(part) || old.iter().any(|b| b"\r\n".contains(b)) || cut {
            return Err(EditError::Part(part));
        }
        let new = match self.style() {
            Style::Double => plain::double(text),
            Style::Single => plain::single(text).ok_or_else(|| self.unsafe_at(part))?,
            _ if text.chars().all(plain::is_printable) => text.to_owned(),
            _ => return Err(self.unsafe_at(part)),
        };
        let line = Line::around(source, content, part);
        if self.style().is_block() {
            self.check_block_part(&line, part)?;
        }
        let fits = line.keeps_its_edges(old, &new, self.style());
        if !fits || (self.style() == Style::Plain && !self.is_plain_with(&line, &new)) {
            return Err(self.unsafe_at(part));
        }
        Ok(self.replacement(part, new))
    }

    fn replacement(&self, span: Span, text: impl Into<Vec<u8>>) -> Replacement {
        Replacement {
            edit: Edit::replace(span, text),
            requoted: false,
            aliases: self.node().aliases(),
        }
    }

    fn check_editable(&self) -> Result<(), EditError> {
        if self.is_key() && self.style() == Style::Plain && self.raw() == b"<<" {
            return Err(EditError::Merge(self.span()));
        }
        self.node().check_holders()?;
        Ok(())
    }

    /// Writes a value where none is.
    fn fill(&self, value: &str) -> Result<Replacement, EditError> {
        let at = self.span();
        let source = self.document().source;
        let before = &source[..at.start as usize];
        let blank = before.ends_with(b" ") || before.ends_with(b"\t");
        let node = self.node();
        let place = match node.tag().max(node.anchor()) {
            Some(property) => property.end == at.start,
            None if node.is_in_mapping() => {
                let key = node.at(node.entry().slot).span();
                Span::new(key.end, at.end).slice(source).trim_ascii() == b":"
            }
            None => {
                let line = &before[cook::line_start(source, before.len())..];
                line.trim_ascii_end().ends_with(b"-") && line.iter().all(|b| b" -?".contains(b))
            }
        };
        if !place || self.is_key() {
            let address = self.address();
            return Err(EditError::Missing { address, at });
        }
        let plain = self.is_plain(value);
        let quoted = || format!("\"{}\"", plain::double(value));
        let value = if plain { value.to_owned() } else { quoted() };
        let space = if blank { "" } else { " " };
        let mut replacement = self.replacement(at, space.to_owned() + &value);
        replacement.requoted = !plain;
        Ok(replacement)
    }

    fn unsafe_at(&self, at: Span) -> EditError {
        let address = self.address();
        EditError::Unsafe { address, at }
    }

    fn block_error(&self, reason: &'static str) -> EditError {
        EditError::Block {
            address: self.address(),
            at: self.span(),
            reason,
        }
    }

    /// Whether `value` can be written without quotes here and means no less text than before.
    fn is_plain(&self, value: &str) -> bool {
        let new = plain::meaning(value);
        let same = new == Meaning::Text || new == plain::meaning(&self.value());
        same && plain::is_safe(value, self.node().entry().in_flow)
    }

    /// The same for a line of it.
    fn is_plain_with(&self, line: &Line<'_>, new: &str) -> bool {
        let text = [line.before, new.as_bytes(), line.after].concat();
        let text = String::from_utf8_lossy(&text);
        if line.is_first && line.is_last {
            return self.is_plain(&text);
        }
        // Blanks at the edges of the other lines are no part of the text, and stay.
        let blank = [' ', '\t'];
        let in_flow = self.node().entry().in_flow;
        match (line.is_first, line.is_last) {
            (true, _) => plain::is_safe(text.trim_end_matches(blank), in_flow),
            (_, true) => plain::continues(text.trim_start_matches(blank), in_flow),
            _ => plain::continues(text.trim_matches(blank), in_flow),
        }
    }

    /// Whether `at` is inside a character, or inside an escape.
    fn cuts(&self, at: u32) -> bool {
        let content = self.content();
        let source = self.document().source;
        if source.get(at as usize).is_some_and(|b| b & 0xc0 == 0x80) {
            return true;
        }
        let before = Span::new(content.start, at).slice(source);
        let run = |byte: u8, bytes: &[u8]| bytes.iter().rev().take_while(|b| **b == byte).count();
        match self.style() {
            Style::Single => run(b'\'', before) % 2 == 1,
            Style::Double => {
                let near = before.len().saturating_sub(9);
                let Some(slash) = memchr::memrchr(b'\\', &before[near..]) else {
                    return false;
                };
                let after = before.len() - (near + slash);
                let length = match source.get(at as usize - after + 1) {
                    Some(b'x') => 4,
                    Some(b'u') => 6,
                    Some(b'U') => 10,
                    _ => 2,
                };
                run(b'\\', &before[..near + slash + 1]) % 2 == 1 && after < length
            }
            _ => false,
        }
    }

    /// The indentation of a block's lines, as bytes of the file; empty in other styles.
    pub(crate) fn indentation(&self) -> &[u8] {
        if !self.style().is_block() {
            return &[];
        }
        let source = self.document().source;
        let text = self.node().entry().link as usize;
        let line = source[..text].iter().rev();
        let width = line.take_while(|b| !b"\r\n".contains(b)).count();
        &source[text - width..text]
    }

    fn replace_block(&self, value: &str) -> Result<Replacement, EditError> {
        let content = self.content();
        let raw = self.raw();
        let old = self.value();
        let body = |text: &str| text.trim_end_matches('\n').len();
        let text = &value[..body(value)];
        if self.document().arena.columns.is_some() {
            return Err(self.block_error("tabs indent this file"));
        }
        if text.is_empty() || body(&old) == 0 {
            return Err(self.block_error("a block of text that is empty needs another header"));
        }
        if value.len() - text.len() != old.len() - body(&old) {
            return Err(self.block_error("the header says how many line breaks end it"));
        }
        if self.style() == Style::Folded && text.contains('\n') {
            return Err(self.block_error("its lines are folded into one"));
        }
        if !text.chars().all(|c| c == '\n' || plain::is_printable(c)) {
            return Err(self.block_error("only printable characters can stand there"));
        }
        let blank = |line: &str| line.starts_with(' ') || line.ends_with([' ', '\t']);
        if text.split('\n').any(blank) || text.starts_with('\n') || blank(&old[..body(&old)]) {
            return Err(self.block_error("a line of it, old or new, starts or ends with a blank"));
        }
        let source = self.document().source;
        let header = cook::first_line(self.span().slice(source));
        let line_break = if header.ends_with(b"\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let indent = self.indentation();
        let mut bytes = Vec::with_capacity(value.len() + raw.len());
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                bytes.extend_from_slice(line_break.as_bytes());
            }
            if !line.is_empty() {
                bytes.extend_from_slice(indent);
                bytes.extend_from_slice(line.as_bytes());
            }
        }
        let blank_end = raw.iter().rev().take_while(|b| b.is_ascii_whitespace());
        let end = content.end - blank_end.count() as u32;
        Ok(self.replacement(Span::new(content.start, end), bytes))
    }

    fn check_block_part(&self, line: &Line<'_>, part: Span) -> Result<(), EditError> {
        if self.document().arena.columns.is_some() {
            return Err(self.block_error("tabs indent this file"));
        }
        match line.before.len() < self.indentation().len() {
            true => Err(EditError::Part(part)),
            false => Ok(()),
        }
    }
}

/// The line that a part stands in, as far as it belongs to the scalar.
struct Line<'s> {
    before: &'s [u8],
    after: &'s [u8],
    is_first: bool,
    is_last: bool,
}

impl<'s> Line<'s> {
    fn around(source: &'s [u8], content: Span, part: Span) -> Self {
        let before = Span::new(content.start, part.start).slice(source);
        let after = Span::new(part.end, content.end).slice(source);
        let start = memchr::memrchr2(b'\n', b'\r', before);
        let end = memchr::memchr2(b'\n', b'\r', after);
        Self {
            before: &before[start.map_or(0, |at| at + 1)..],
            after: &after[..end.unwrap_or(after.len())],
            is_first: start.is_none(),
            is_last: end.is_none(),
        }
    }

    /// Blanks at the edges of a line are dropped, folded, or decide about indentation: none may
    /// come or go there, and no line may become empty.
    fn keeps_its_edges(&self, old: &[u8], new: &str, style: Style) -> bool {
        let is_blank = |b: &u8| b" \t".contains(b);
        let block = style.is_block();
        let at_start = (block || !self.is_first) && self.before.iter().all(is_blank);
        let at_end = (block || !self.is_last) && self.after.iter().all(is_blank);
        let new = new.as_bytes();
        let start_fits = |text: &[u8]| text.first().is_some_and(|b| !is_blank(b));
        let end_fits = |text: &[u8]| text.last().is_some_and(|b| !is_blank(b));
        (!at_start || (start_fits(old) && start_fits(new)))
            && (!at_end || (end_fits(old) && end_fits(new)))
    }
}

impl Node<'_> {
    /// How many aliases elsewhere in the file show what changes here: those of its own anchor, and
    /// of the anchors of what holds it.
    pub fn aliases(self) -> usize {
        let holders = iter::successors(Some(self), |node| node.parent());
        let properties = holders.filter_map(|n| self.document.arena.properties(n.id));
        properties.map(|p| p.aliases).sum()
    }

    /// [`Scalar::replace`] for whatever is found at an address.
    ///
    /// # Errors
    /// As there; [`EditError::UnquotedTemplate`] or [`EditError::Collection`] for what is no scalar.
    pub fn replace(self, value: &str) -> Result<Replacement, EditError> {
        self.check_holders()?;
        let (address, at) = (self.address(), self.span());
        let scalar = self.scalar().ok_or(EditError::Collection { address, at })?;
        scalar.replace(value)
    }

    /// The value of this mapping's own entry with that key, for an edit; `None` if there is no such
    /// entry and nothing brings one, so that it can be inserted.
    ///
    /// # Errors
    /// [`EditError::Merged`] if the entry stands elsewhere and arrives by `<<`; otherwise as
    /// [`Scalar::replace`] for what stands around it.
    pub fn value_to_edit(self, key: &str) -> Result<Option<Self>, EditError> {
        self.check_holders()?;
        let mut seen = HashSet::from([self.id]);
        let mut open = vec![(self, None)];
        // Aliases may fan out and meet again: each mapping is looked at once.
        while let Some((mapping, alias)) = open.pop() {
            match (mapping.get(key), alias) {
                (Some(value), None) => return value.check_holders().map(|()| Some(value)),
                (Some(value), Some(alias)) => return Err(self.merged(key, alias, value)),
                (None, _) => {}
            }
            let Some(merged) = mapping.get("<<") else {
                continue;
            };
            let list = merged.kind() == Kind::Sequence;
            let items = merged.children().filter(|_| list);
            let sources = items.chain((!list).then_some(merged));
            let mut found: Vec<_> = sources
                .map(|source| (source.target().unwrap_or(source), alias.or(Some(source))))
                .filter(|(target, _)| seen.insert(target.id))
                .collect();
            found.reverse();
            open.extend(found);
        }
        Ok(None)
    }

    fn merged(self, key: &str, alias: Self, value: Self) -> EditError {
        EditError::Merged {
            anchor_name: alias.alias_name(),
            key: Visible(key.as_bytes()).to_string(),
            address: self.address(),
            at: alias.span(),
            value: value.span(),
        }
    }

    /// The name after `*`.
    fn alias_name(self) -> String {
        let bytes = self.span().slice(self.document.source);
        Visible(bytes.get(1..).unwrap_or_default()).to_string()
    }

    /// Whether this is `{{ … }}` without quotes.
    fn is_template(self) -> bool {
        let bytes = self.span().slice(self.document.source);
        let twice = bytes.starts_with(b"{{") && bytes.ends_with(b"}}");
        let key = || self.children().next().map(Node::kind);
        self.kind() == Kind::Mapping && twice && key() == Some(Kind::Mapping)
    }

    /// Whether the bytes here are what counts: no alias, no key on the way that stands
    /// twice, and no template that only looks like YAML.
    pub(crate) fn check_holders(self) -> Result<(), EditError> {
        if let Some(target) = self.target() {
            return Err(EditError::Alias {
                anchor_name: self.alias_name(),
                address: self.address(),
                at: self.span(),
                anchor: target.span(),
            });
        }
        let mut holders = iter::successors(Some(self), |node| node.parent());
        let duplicates = self.document.duplicates();
        let twice = |n: &Node<'_>| n.is_in_mapping() && duplicates.contains(&n.entry().slot);
        if let Some(node) = holders.clone().find(twice) {
            return Err(EditError::DuplicateKey {
                address: self.address(),
                key: self.at(node.entry().slot).span(),
            });
        }
        match holders.find(|holder| holder.is_template()) {
            Some(template) => Err(EditError::UnquotedTemplate {
                address: template.address(),
                at: template.span(),
            }),
            None => Ok(()),
        }
    }

    pub(crate) fn is_in_mapping(self) -> bool {
        self.parent().is_some_and(|p| p.kind() == Kind::Mapping)
    }
}
