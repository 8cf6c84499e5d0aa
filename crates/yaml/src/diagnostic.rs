//! The crate's errors as diagnostics: what to see at the place, and what to type.

use storyline_text::{Diagnostic, Label, RelPath};

use crate::error::{EditError, Fault, ReadError, VerifyError};

impl ReadError {
    /// Stable identifier.
    pub fn id(&self) -> &'static str {
        match self {
            ReadError::TooLarge(_) => "yaml-too-large",
            ReadError::Utf16 => "yaml-utf16",
            ReadError::TooDeep(_) => "yaml-too-deep",
            ReadError::UnknownAnchor(_) => "yaml-unknown-anchor",
            ReadError::Syntax { .. } => "yaml-syntax",
        }
    }

    /// What to change.
    pub fn help(&self) -> &'static str {
        match self {
            ReadError::TooLarge(_) => "split the file",
            ReadError::Utf16 => "save the file as UTF-8",
            ReadError::TooDeep(_) => {
                "close the brackets that are left open above, or keep what is nested this deep in a file of its own"
            }
            ReadError::UnknownAnchor(_) => {
                "define the anchor above with `&name`, or quote the value if it only starts with `*`"
            }
            ReadError::Syntax { fault, .. } => fault.help(),
        }
    }

    /// What a person is told about it.
    pub fn diagnostic(&self, file: &RelPath) -> Diagnostic {
        let label = match self.span() {
            Some(at) => Label::at(file, at, "here"),
            None => Label::path(file, ""),
        };
        Diagnostic::error(self.id(), self.to_string())
            .label(label)
            .help(self.help())
    }
}

impl Fault {
    /// What to change.
    fn help(&self) -> &'static str {
        match self {
            Fault::Tab => "replace the tabs at the start of this line by spaces",
            Fault::Indentation => {
                "start this line in the same column as the entries that it belongs to"
            }
            Fault::Colon => {
                "put the value in quotes if `: ` is a part of it, and close the brackets that are open above"
            }
            Fault::MissingColon => "write `key: value`, with a space after the colon",
            Fault::OpenQuote => "close the quote; inside '…' an apostrophe is written twice",
            Fault::AfterQuote => {
                "put the whole value inside the quotes; inside '…' an apostrophe is written twice"
            }
            Fault::Escape => "write `\\\\` for a backslash, or use single quotes",
            Fault::Bracket => {
                "close every `[` with `]` and every `{` with `}`; put a value in quotes if they are a part of it"
            }
            Fault::Start(_) => "put the value in quotes",
            Fault::Template => "put the whole value in double quotes: \"{{ … }}\"",
            Fault::Block => {
                "write `|` or `>` alone on its line, and the text below it, indented evenly"
            }
            Fault::Other(_) => "compare this line with the ones above it",
        }
    }
}

impl EditError {
    /// What a person is told about it.
    pub fn diagnostic(&self, file: &RelPath) -> Diagnostic {
        let (id, help) = match self {
            EditError::Alias { .. } => (
                "yaml-alias",
                "write the value here in place of the alias, or change it at the anchor",
            ),
            EditError::Merged { .. } => (
                "yaml-merged",
                "write the entry into this mapping too, which goes first, or change it at the anchor",
            ),
            EditError::Merge(_) => ("yaml-merge", "change the mapping that is merged"),
            EditError::DuplicateKey { .. } => ("yaml-duplicate-key", "remove one of the two keys"),
            EditError::Missing { .. } => ("yaml-no-value", "write `key: ` and a value by hand"),
            EditError::Template { .. } => (
                "yaml-template",
                "change what the template reads, or its default, or ask to have it overwritten",
            ),
            EditError::UnquotedTemplate { .. } => (
                "yaml-unquoted-template",
                "put the whole value in double quotes: \"{{ … }}\"",
            ),
            EditError::Collection { .. } => ("yaml-collection", "name one of the values in it"),
            EditError::Block { .. } => ("yaml-block", "write the value in quotes on one line"),
            EditError::Part(_) => (
                "yaml-part",
                "write the name on one line, without escapes in it",
            ),
            EditError::KeyExists { .. } => {
                ("yaml-key-exists", "choose another key, or change this one")
            }
            EditError::Entry { .. } => (
                "yaml-entry",
                "write the mapping with one `key: value` a line, or make this change by hand",
            ),
            EditError::Unsafe { .. } => ("yaml-needs-quotes", "put the value in double quotes"),
        };
        let mut diagnostic = Diagnostic::error(id, self.to_string())
            .label(Label::at(file, self.span(), ""))
            .help(help);
        if let EditError::Alias { anchor, .. } | EditError::Merged { value: anchor, .. } = self {
            diagnostic = diagnostic.label(Label::at(file, *anchor, "the value stands here"));
        }
        diagnostic
    }
}

impl VerifyError {
    /// What a person is told about it; places are those in the file before the edits.
    pub fn diagnostic(&self, file: &RelPath) -> Diagnostic {
        let at = match self {
            VerifyError::Unreadable(_) => None,
            VerifyError::Outside(at) | VerifyError::Value { at, .. } => Some(*at),
            VerifyError::Structure { before, .. } => *before,
        };
        let label = match at {
            Some(at) => Label::at(file, at, "in the file before the edits"),
            None => Label::path(file, ""),
        };
        Diagnostic::error("yaml-edit-changed-more", self.to_string())
            .label(label)
            .help("the file is left as it was; please report this with the file")
    }
}
