//! What `git` and servers said, fit to be shown.

use std::fmt;

use storyline_text::Visible;

use crate::url::without_credentials;

/// Lines that are kept: the last ones, which say what went wrong.
const MAX_LINES: usize = 20;

/// Characters of a line that are kept.
const MAX_LINE: usize = 300;

/// Lines of another program's output: made visible, without credentials, the last few.
///
/// For people only; nothing is decided by them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    pub(crate) fn of(output: &[u8]) -> Self {
        let lines = output.split(|b| matches!(b, b'\n' | b'\r'));
        let lines = lines.map(String::from_utf8_lossy);
        let lines = lines.map(|line| line.trim().replace('\t', " "));
        let mut kept: Vec<_> = lines
            .filter(|line| !line.is_empty() && !line.starts_with("hint: "))
            .map(|line| shown(&line))
            .collect();
        kept.drain(..kept.len().saturating_sub(MAX_LINES));
        Self(kept)
    }

    /// What `git push --porcelain` printed: of its `output` the refs that did not move and why.
    pub(super) fn of_push(output: &[u8], errors: &[u8]) -> Self {
        let mut words = Self::of(errors);
        for line in output.split(|b| *b == b'\n') {
            let mut parts = line.split(|b| *b == b'\t');
            if let (Some(b"!"), Some(refspec), Some(why)) =
                (parts.next(), parts.next(), parts.next())
            {
                let name = refspec.rsplit(|b| *b == b':').next().unwrap_or(refspec);
                words.0.extend(Self::of(&[name, b": ", why].concat()).0);
            }
        }
        words
    }

    /// The lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn shown(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    // URLs end where a space or a quote does.
    while let Some(end) = rest.find([' ', '\'', '"', '<', '>', '`']) {
        let (word, after) = rest.split_at(end);
        out.push_str(&harmless(word));
        out.push_str(&after[..1]);
        rest = &after[1..];
    }
    out.push_str(&harmless(rest));
    let out: String = out.chars().take(MAX_LINE).collect();
    Visible(out.as_bytes()).to_string()
}

fn harmless(word: &str) -> String {
    match word.contains("://") || word.contains('@') {
        true => without_credentials(word),
        false => word.into(),
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expect: &[&str]) {
        let words = Words::of(said.as_bytes());
        assert_eq!(words.lines().collect::<Vec<_>>(), expect);
    }

    #[test]
    fn refs_that_did_not_move() {
        let output =
            b"To x\n \tID:refs/heads/a\t1..2\n!\tID:refs/heads/b\t[rejected] (stale info)\nDone\n";
        let words = Words::of_push(output, b"error: no\n");
        assert_eq!(
            words.to_string(),
            "error: no; refs/heads/b: [rejected] (stale info)"
        );
    }

    #[test]
    fn said_and_shown() {
        check("", &[]);
        check(
            "remote: \u{1b}[31mno\r\nhint: try harder\nfatal: unable to access 'https://me:s3cret@host/x/': no\n",
            &[
                r"remote: \u{1b}[31mno",
                "fatal: unable to access 'https://host/x/': no",
            ],
        );
        check("me:s3cret@host:x is gone", &["me@host:x is gone"]);
        check(&"x".repeat(1000), &[&"x".repeat(MAX_LINE)]);
        let many: String = (0..100).map(|n| format!("{n}\n")).collect();
        let last: Vec<_> = (80..100).map(|n| n.to_string()).collect();
        check(&many, &last.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
