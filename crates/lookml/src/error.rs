//! What can be wrong with a file, in words for the person who wrote it.

use storyline_text::{Diagnostic, Label, RelPath, Span};
use storyline_yaml::ReadError;

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// Where it is noticed, in bytes.
    pub span: Span,
    /// A second place that explains the first.
    pub related: Option<(Span, &'static str)>,
}

/// The kinds of mistakes. The text of each is what [`SyntaxError::diagnostic`] says first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxErrorKind {
    /// `{` without `}`.
    #[error("this `{{` is never closed")]
    UnclosedBlock,
    /// `[` without `]`.
    #[error("this `[` is never closed")]
    UnclosedList,
    /// `}` or `]` without its opening.
    #[error("nothing is open that this could close")]
    StrayClose,
    /// `"` without its end.
    #[error("this text has no closing `\"`")]
    UnterminatedString,
    /// A value of SQL, HTML or an expression that no `;;` ends.
    #[error("this value has no closing `;;`")]
    UnterminatedRaw,
    /// A value whose `;;` is missing and that goes on to the next one; a warning.
    #[error("this value has no `;;` of its own and runs on over the parameters after it")]
    RunsOn,
    /// A word that is no key.
    #[error("a `:` is missing after this word")]
    MissingColon,
    /// A key that is followed by nothing that could be its value.
    #[error("this parameter has no value")]
    MissingValue,
    /// Two elements of a list side by side.
    #[error("a `,` is missing between two elements of this list")]
    MissingComma,
    /// Punctuation where none can stand.
    #[error("this cannot stand here")]
    Unexpected,
    /// A file or item of the YAML-like syntax that is no YAML.
    #[error("{0}")]
    Yaml(ReadError),
    /// A key that stands again in the same mapping of the YAML-like syntax; a warning.
    #[error("this parameter stands again below, and only the last one counts")]
    Repeated,
    /// ` #` behind SQL that has no quotes, in the YAML-like syntax; a warning.
    #[error("a comment starts here, and the value ends before it")]
    CutOff,
    /// More levels than any project has.
    #[error("blocks and lists are nested more than {} deep", crate::MAX_DEPTH)]
    TooDeep,
    /// A file above the limit; nothing of it was read.
    #[error("the file is larger than {} MiB, the most that is read", crate::MAX_LENGTH >> 20)]
    TooLong,
    /// The list of errors ends here, the file has more.
    #[error(
        "there are more than {} errors; the rest is left out",
        crate::MAX_ERRORS
    )]
    TooMany,
}

impl SyntaxErrorKind {
    /// Stable identifier.
    pub fn id(&self) -> &'static str {
        match self {
            Self::UnclosedBlock => "lookml-unclosed-block",
            Self::UnclosedList => "lookml-unclosed-list",
            Self::StrayClose => "lookml-stray-close",
            Self::UnterminatedString => "lookml-unterminated-string",
            Self::UnterminatedRaw => "lookml-unterminated-value",
            Self::RunsOn => "lookml-runs-on",
            Self::MissingColon => "lookml-missing-colon",
            Self::MissingValue => "lookml-missing-value",
            Self::MissingComma => "lookml-missing-comma",
            Self::Unexpected => "lookml-unexpected",
            Self::Yaml(error) => error.id(),
            Self::Repeated => "lookml-repeated",
            Self::CutOff => "lookml-cut-off",
            Self::TooDeep => "lookml-too-deep",
            Self::TooLong => "lookml-too-long",
            Self::TooMany => "lookml-too-many-errors",
        }
    }

    fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnclosedBlock => "add a `}` where the block ends",
            Self::UnclosedList => "add a `]` where the list ends",
            Self::StrayClose => "remove it, or look above for a block that was closed too early",
            Self::UnterminatedString => {
                "add a `\"` at its end; a `\"` inside the text is written `\\\"`"
            }
            Self::UnterminatedRaw | Self::RunsOn => {
                "SQL, HTML and expressions end in `;;`; add it where the value ends"
            }
            Self::MissingColon => "parameters are written `name: value`",
            Self::MissingValue => "write a value after the `:`, or remove the parameter",
            Self::MissingComma => "elements are written `[one, two, three]`",
            Self::Unexpected => "remove it",
            Self::Yaml(error) => error.help(),
            Self::Repeated => "remove one of the two",
            Self::CutOff => "if `#` belongs to the value, write it below `|`, or in quotes",
            Self::TooDeep | Self::TooLong | Self::TooMany => return None,
        })
    }
}

impl SyntaxError {
    /// The same for showing, with the file's name.
    pub fn diagnostic(&self, file: &RelPath) -> Diagnostic {
        let new = match self.kind {
            SyntaxErrorKind::RunsOn | SyntaxErrorKind::Repeated | SyntaxErrorKind::CutOff => {
                Diagnostic::warning
            }
            _ => Diagnostic::error,
        };
        let mut diagnostic = new(self.kind.id(), self.kind.to_string());
        diagnostic = diagnostic.label(Label::at(file, self.span, ""));
        if let Some((span, text)) = self.related {
            diagnostic = diagnostic.label(Label::at(file, span, text));
        }
        match self.kind.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    /// Everything that is said about the errors and warnings of `source`.
    fn told(source: &str) -> String {
        let file = RelPath::new(b"a.view.lkml").expect("a plain name");
        let document = parse(source.as_bytes());
        let all = document.errors().iter().chain(document.warnings());
        let mut out = String::new();
        for told in all.map(|error| error.diagnostic(&file)) {
            out += &format!("{:?} {}: {}\n", told.severity, told.id, told.title);
            for label in told.labels {
                let place = format!("  {:?} {}", label.span.unwrap_or_default(), label.text);
                out += &format!("{}\n", place.trim_end());
            }
            for help in told.help {
                out += &format!("  help: {help}\n");
            }
        }
        out
    }

    #[test]
    fn a_block_that_is_open_says_where_it_seems_to_end() {
        insta::assert_snapshot!(told("view: a {\n\nview: b {}\n"), @r"
        Error lookml-unclosed-block: this `{` is never closed
          8..9
          11..15 this looks as if the block before it had ended
          help: add a `}` where the block ends
        ");
    }

    #[test]
    fn a_value_that_runs_on_is_a_warning() {
        insta::assert_snapshot!(told("d: {\n sql: a\n}\nview: b {\n sql: c ;;\n}\n"), @r"
        Warning lookml-runs-on: this value has no `;;` of its own and runs on over the parameters after it
          6..9
          15..24 Looker takes this for a part of the value
          help: SQL, HTML and expressions end in `;;`; add it where the value ends
        ");
    }

    #[test]
    fn every_kind_has_its_words() {
        insta::assert_snapshot!(told("a: }\nb c\n; l: [d e\nsql: f\ng: \"h"), @r#"
        Error lookml-missing-value: this parameter has no value
          0..1
          help: write a value after the `:`, or remove the parameter
        Error lookml-stray-close: nothing is open that this could close
          3..4
          help: remove it, or look above for a block that was closed too early
        Error lookml-missing-colon: a `:` is missing after this word
          5..6
          help: parameters are written `name: value`
        Error lookml-unexpected: this cannot stand here
          9..10
          help: remove it
        Error lookml-unclosed-list: this `[` is never closed
          14..15
          help: add a `]` where the list ends
        Error lookml-missing-comma: a `,` is missing between two elements of this list
          17..18
          help: elements are written `[one, two, three]`
        Error lookml-unterminated-value: this value has no closing `;;`
          19..22
          help: SQL, HTML and expressions end in `;;`; add it where the value ends
        Error lookml-unterminated-string: this text has no closing `"`
          29..31
          help: add a `"` at its end; a `"` inside the text is written `\"`
        "#);
    }
}
