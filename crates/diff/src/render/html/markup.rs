//! The one place where text becomes HTML. What is written as it stands is known when the program is built;
//! whatever else there is goes through [`Markup::text`], [`Markup::name`] or [`Markup::plain`].

use std::fmt::{self, Write as _};

use storyline_text::Visible;

/// A piece of a page.
#[derive(Clone, Debug, Default)]
pub struct Markup(String);

/// A piece got longer than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Markup {
    /// Part of the template.
    pub fn html(&mut self, template: &'static str) -> &mut Self {
        self.0.push_str(template);
        self
    }

    /// A number.
    pub fn number(&mut self, number: usize) -> &mut Self {
        write!(self.0, "{number}").expect("a String takes everything");
        self
    }

    /// Text of a file: tabs stay, everything else that acts or hides is spelled out in an `<i>`.
    pub fn text(&mut self, text: &[u8]) -> &mut Self {
        self.spelled(text, |c| c != '\t' && Visible::hides(c))
    }

    /// A name or anything else of one line: tabs are spelled out as well.
    pub fn name(&mut self, name: &[u8]) -> &mut Self {
        self.spelled(name, Visible::hides)
    }

    /// The same without elements, as `<title>` wants it.
    pub fn plain(&mut self, text: &[u8]) -> &mut Self {
        write!(Escaped(&mut self.0), "{}", Visible(text)).expect("a String takes everything");
        self
    }

    pub(crate) fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// In bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The piece as it is written.
    pub fn into_string(self) -> String {
        self.0
    }

    fn spelled(&mut self, text: &[u8], is_hidden: impl Fn(char) -> bool) -> &mut Self {
        for chunk in text.utf8_chunks() {
            let mut shown = chunk.valid();
            while let Some((at, hidden)) = shown.char_indices().find(|(_, c)| is_hidden(*c)) {
                let (before, after) = shown.split_at(at);
                let (hidden, after) = after.split_at(hidden.len_utf8());
                self.escaped(before);
                self.html("<i>").plain(hidden.as_bytes()).html("</i>");
                shown = after;
            }
            self.escaped(shown);
            if !chunk.invalid().is_empty() {
                self.html("<i>").plain(chunk.invalid()).html("</i>");
            }
        }
        self
    }

    fn escaped(&mut self, text: &str) {
        let written = Escaped(&mut self.0).write_str(text);
        written.expect("a String takes everything");
    }
}

/// Escapes what means something to HTML, in text and in quoted attributes.
struct Escaped<'s>(&'s mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, after) = rest.split_at(at);
            self.0.push_str(before);
            self.0.push_str(match after.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            });
            rest = &after[1..];
        }
        self.0.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &[u8], text: &str, name: &str, plain: &str) {
        type Write = for<'m> fn(&'m mut Markup, &[u8]) -> &'m mut Markup;
        let made = |write: Write| {
            let mut markup = Markup::default();
            write(&mut markup, input);
            markup.into_string()
        };
        assert_eq!(made(Markup::text), text);
        assert_eq!(made(Markup::name), name);
        assert_eq!(made(Markup::plain), plain);
    }

    #[test]
    fn nothing_acts_in_a_page() {
        let escaped = "&lt;b a=&quot;&#39;&amp;&gt;";
        check(b"<b a=\"'&>", escaped, escaped, escaped);
        let spelled = "a<i>\\u{1b}</i>[<i>\\u{202e}</i><i>\\xff</i><i>\\xfe</i>";
        let plain = "a\\u{1b}[\\u{202e}\\xff\\xfe";
        check(b"a\x1b[\xe2\x80\xae\xff\xfe", spelled, spelled, plain);
        check(b"\tx", "\tx", "<i>\\u{9}</i>x", "\\u{9}x");
    }
}
