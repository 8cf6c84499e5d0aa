//! Names inside the texts of a file: in URLs and in Liquid.
//!
//! Texts are many, and few hold a word that such a name stands with. Those words are searched for in
//! the file as a whole, which is fast, and only the texts that have one are looked at.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use storyline_text::Span;

use crate::candidate::Candidate;
use crate::url::Hosts;
use crate::{liquid, url};

/// Words without which a text has no name, each in a search of its own: that reads with vector
/// instructions, and is faster over a file than one search for all.
static WORDS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    let words = url::WORDS.iter().chain([&liquid::VARIABLE]);
    words.map(|word| Finder::new(*word)).collect()
});

/// The texts of a file, for whoever goes through them from its start to its end.
pub(crate) struct Texts<'s> {
    source: &'s [u8],
    hosts: &'s Hosts,
    /// Where the words stand that were not passed yet, the last one first.
    words: Vec<Span>,
}

impl<'s> Texts<'s> {
    pub(crate) fn of(source: &'s [u8], hosts: &'s Hosts) -> Self {
        let mut words: Vec<_> = WORDS
            .iter()
            .flat_map(|word| {
                let length = word.needle().len();
                let found = word.find_iter(source);
                found.map(move |at| Span::at(at..at + length))
            })
            .collect();
        words.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            source,
            hosts,
            words,
        }
    }

    /// Whether no name stands in any text that is left.
    pub(crate) fn is_done(&self) -> bool {
        self.words.is_empty()
    }

    /// Adds what the text at `span`, which starts no earlier than the one before, names.
    pub(crate) fn scan(&mut self, span: Span, out: &mut Vec<Candidate>) {
        while self.words.pop_if(|word| word.end <= span.start).is_some() {}
        if self.words.last().is_some_and(|word| word.start < span.end) {
            let text = span.slice(self.source);
            url::scan(text, span.start, self.hosts, out);
            liquid::scan(text, span.start, out);
        }
    }
}
