//! A page as a browser reads it.

use std::collections::{BTreeMap, BTreeSet};

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// What a page consists of.
pub(crate) struct Parsed {
    /// What the parser complains of.
    pub(crate) errors: Vec<String>,
    /// The elements with their attributes, in order.
    pub(crate) elements: Vec<(String, BTreeMap<String, String>)>,
    /// All text outside of `<style>`; cells and other blocks are lines of their own.
    pub(crate) text: String,
    /// What stands in `<style>`.
    pub(crate) style: String,
    /// How many comments there are.
    pub(crate) comments: usize,
}

const BLOCKS: [&str; 11] = [
    "td", "th", "li", "p", "h1", "h2", "h3", "summary", "title", "a", "label",
];

pub(crate) fn parsed(page: &str) -> Parsed {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(page);
    let errors = dom.errors.borrow().iter().map(|e| e.to_string()).collect();
    let mut parsed = Parsed {
        errors,
        elements: Vec::new(),
        text: String::new(),
        style: String::new(),
        comments: 0,
    };
    let mut ahead: Vec<(Handle, bool)> = vec![(dom.document.clone(), false)];
    while let Some((node, in_style)) = ahead.pop() {
        let mut is_style = in_style;
        match &node.data {
            NodeData::Text { contents } if in_style => parsed.style.push_str(&contents.borrow()),
            NodeData::Text { contents } => parsed.text.push_str(&contents.borrow()),
            NodeData::Comment { .. } => parsed.comments += 1,
            NodeData::Element { name, attrs, .. } => {
                let attributes = attrs.borrow();
                let attributes = attributes
                    .iter()
                    .map(|one| (one.name.local.to_string(), one.value.to_string()));
                let name = name.local.to_string();
                is_style = name == "style";
                if BLOCKS.contains(&&*name) {
                    parsed.text.push('\n');
                }
                parsed.elements.push((name, attributes.collect()));
            }
            _ => {}
        }
        let children = node.children.borrow();
        ahead.extend(children.iter().rev().map(|child| (child.clone(), is_style)));
    }
    parsed
}

impl Parsed {
    /// Elements with the names of their attributes: `a class href`.
    pub(crate) fn shapes(&self) -> BTreeSet<String> {
        let shapes = self.elements.iter().map(|(name, attributes)| {
            let names = attributes.keys().map(|name| format!(" {name}"));
            names.fold(name.clone(), |shape, name| shape + &name)
        });
        shapes.collect()
    }

    /// The values of an attribute, in order.
    pub(crate) fn values<'p>(&'p self, attribute: &'p str) -> impl Iterator<Item = &'p str> {
        let elements = self.elements.iter();
        elements.filter_map(move |(_, attributes)| Some(attributes.get(attribute)?.as_str()))
    }
}
