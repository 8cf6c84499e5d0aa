//! Tags, anchors and aliases.

use storyline_text::Span;

use super::Reader;
use crate::document::Properties;
use crate::node::Kind;

impl Reader<'_> {
    /// A tag such as `!!null`, or an anchor, of the node that is added next.
    pub(super) fn property(&mut self) -> Option<()> {
        let start = self.at;
        let (more, is_tag): (&[u8], _) = match self.byte()? {
            b'!' => (b"/:_", true),
            b'&' => (b"_-", false),
            _ => return None,
        };
        self.at += if self.bytes[start..].starts_with(b"!!") {
            2
        } else {
            1
        };
        let name = self.name(more)?;
        if !matches!(self.byte()?, b' ' | b'\n') {
            return None;
        }
        let span = Some(Span::at(start..self.at));
        if !is_tag {
            let place = self.nest.arena.properties.len();
            self.anchors.insert(&self.text[name.range()], place);
        }
        self.nest.arena.properties.push(Properties {
            node: self.nest.arena.nodes.len() as u32,
            tag: span.filter(|_| is_tag),
            anchor: span.filter(|_| !is_tag),
            aliases: 0,
        });
        self.skip_spaces();
        Some(())
    }

    /// Whether a tag or an anchor waits for its node.
    pub(super) fn has_property(&self) -> bool {
        let last = self.nest.arena.properties.last();
        last.is_some_and(|last| last.node as usize == self.nest.arena.nodes.len())
    }

    /// An alias of an anchor above.
    pub(super) fn alias(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1;
        let name = self.name(b"_-")?;
        let ends = matches!(self.byte(), None | Some(b' ' | b'\n' | b',' | b']' | b'}'));
        if !ends || self.has_property() {
            return None;
        }
        let place = *self.anchors.get(&self.text[name.range()])?;
        let properties = &mut self.nest.arena.properties[place];
        properties.aliases += 1;
        let target = properties.node;
        let span = Span::at(start..self.at);
        self.nest.push(Kind::Alias, span, target);
        self.nest.see(span);
        Some(())
    }

    /// Letters, digits and `more`, one at least.
    fn name(&mut self, more: &[u8]) -> Option<Span> {
        let start = self.at;
        let rest = self.bytes[start..].iter();
        let name = rest.take_while(|b| b.is_ascii_alphanumeric() || more.contains(b));
        self.at += name.count();
        (self.at > start).then(|| Span::at(start..self.at))
    }
}
