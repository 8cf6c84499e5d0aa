//! `storyline parse FILE`
//!
//! Files may nest as deep as they like, so the tree is written without recursion; readers of the
//! JSON have to look after their own.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use storyline_lookml::{Document, Node, NodeKind, TokenKind};
use storyline_text::{Diagnostic, LineIndex, RelPath, Span, Visible};

use crate::args::{Format, ParseArgs};
use crate::failure::{Failure, FailureKind, Sources};
use crate::json::{JsonDiagnostic, JsonRange};
use crate::{output, report};

pub(crate) fn run(directory: &Path, args: &ParseArgs) -> Result<ExitCode, Failure> {
    let source = read(directory, &args.file)?;
    let document = storyline_lookml::parse(&source);
    let shown = args.file.to_string_lossy();
    // Only for showing: an absolute path is shown without its first slash's meaning.
    let file = RelPath::new(shown.trim_start_matches('/').as_bytes());
    let file = file
        .or_else(|_| RelPath::new(b"standard input"))
        .map_err(|error| {
            Failure::new(
                FailureKind::Usage,
                Diagnostic::error("file-unreadable", error.to_string()),
            )
        })?;
    let problems = document.errors().iter().chain(document.warnings());
    let diagnostics: Vec<_> = problems.map(|problem| problem.diagnostic(&file)).collect();
    let sources = Sources::from([(file, source.clone())]);
    let out = match args.format {
        Format::Text => text(&document),
        Format::Json => json(&document, &shown, args.tokens, &diagnostics, &sources),
    };
    output::print(&out)?;
    report::diagnostics(&diagnostics, &sources);
    Ok(ExitCode::from(u8::from(!document.errors().is_empty())))
}

fn read(directory: &Path, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = storyline_lookml::MAX_LENGTH as u64 + 1;
    let result = match file == Path::new("-") {
        true => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        false => std::fs::File::open(directory.join(file))
            .and_then(|open| open.take(limit).read_to_end(&mut bytes)),
    };
    result.map_err(|error| {
        let title = format!("cannot read {}: {error}", file.display());
        let diagnostic = Diagnostic::error("file-unreadable", title)
            .help("name a LookML file, or `-` for standard input");
        Failure::new(FailureKind::Usage, diagnostic)
    })?;
    Ok(bytes)
}

fn word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::File => "file",
        NodeKind::Block => "block",
        NodeKind::List => "list",
        NodeKind::Raw => "raw",
        NodeKind::Pair => "pair",
        NodeKind::Element => "element",
        NodeKind::Error => "error",
    }
}

fn token_word(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Whitespace => "whitespace",
        TokenKind::Comment => "comment",
        TokenKind::Word => "word",
        TokenKind::String => "string",
        TokenKind::Raw => "raw",
        TokenKind::RawEnd => "raw-end",
        TokenKind::Colon => "colon",
        TokenKind::Comma => "comma",
        TokenKind::OpenBrace => "open-brace",
        TokenKind::CloseBrace => "close-brace",
        TokenKind::OpenBracket => "open-bracket",
        TokenKind::CloseBracket => "close-bracket",
        TokenKind::Unknown => "unknown",
    }
}

/// Calls `visit` for each node below `root`, with how many of its ancestors end before it, and
/// returns how many are open at the end.
fn walk<'d, 's>(document: &'d Document<'s>, mut visit: impl FnMut(Node<'d, 's>, usize)) -> usize {
    let mut open = vec![document.root().children()];
    let mut ended = 0;
    while let Some(children) = open.last_mut() {
        match children.next() {
            Some(node) => {
                visit(node, ended);
                ended = 0;
                open.push(node.children());
            }
            None => {
                open.pop();
                ended += 1;
            }
        }
    }
    ended.saturating_sub(1)
}

/// One line a node, indented by depth.
fn text(document: &Document<'_>) -> String {
    let mut out = String::new();
    let mut depth = 0;
    walk(document, |node, ended| {
        depth -= ended;
        let indent = 2 * depth;
        depth += 1;
        // Writing to a string cannot fail.
        let _ = write!(out, "{:indent$}{}", "", word(node.kind()));
        if !node.key().is_empty() {
            let _ = write!(out, " {}", Visible(node.key()));
        }
        if let Some(value) = node.name().or_else(|| node.value()) {
            let _ = write!(out, " {}", Visible(value.text()));
        }
        out.push('\n');
    });
    out
}

struct Writer<'a> {
    out: String,
    source: &'a [u8],
    lines: LineIndex,
}

impl Writer<'_> {
    /// Adds JSON of a value that has no depth to speak of.
    fn value(&mut self, value: &impl serde::Serialize) {
        // Strings, numbers and plain structs always have a JSON form.
        self.out
            .push_str(&serde_json::to_string(value).unwrap_or_default());
    }

    fn text(&mut self, key: &str, text: &[u8]) {
        let _ = write!(self.out, ",\"{key}\":");
        self.value(&String::from_utf8_lossy(text));
    }

    /// `"start":0,"end":1,"line":1,"column":1`
    fn range(&mut self, span: Span) {
        let range = serde_json::to_string(&JsonRange::new(span, self.source, &self.lines));
        let range = range.unwrap_or_default();
        self.out
            .push_str(range.trim_start_matches('{').trim_end_matches('}'));
    }

    fn node(&mut self, node: Node<'_, '_>) {
        let _ = write!(self.out, "{{\"kind\":\"{}\",", word(node.kind()));
        self.range(node.span());
        if !node.key().is_empty() {
            self.text("key", node.key());
        }
        if let Some(name) = node.name() {
            self.text("name", name.text());
        }
        if let Some(value) = node.value() {
            self.text("value", value.text());
            let span = value.span();
            let _ = write!(
                self.out,
                ",\"value_start\":{},\"value_end\":{},\"quoted\":{}",
                span.start,
                span.end,
                value.is_quoted(),
            );
        }
        self.out.push_str(",\"children\":[");
    }
}

fn json(
    document: &Document<'_>,
    file: &str,
    tokens: bool,
    diagnostics: &[Diagnostic],
    sources: &Sources,
) -> String {
    let source = document.source();
    let mut writer = Writer {
        out: String::from("{\"file\":"),
        source,
        lines: LineIndex::new(source),
    };
    writer.value(&file);
    writer
        .out
        .push_str(",\"language\":\"lookml\",\"diagnostics\":");
    let diagnostics = diagnostics.iter().map(|d| JsonDiagnostic::new(d, sources));
    writer.value(&diagnostics.collect::<Vec<_>>());
    writer.out.push_str(",\"children\":[");
    let mut first = true;
    let open = walk(document, |node, ended| {
        (0..ended).for_each(|_| writer.out.push_str("]}"));
        if !first && !writer.out.ends_with('[') {
            writer.out.push(',');
        }
        first = false;
        writer.out.push('\n');
        writer.node(node);
    });
    (0..open).for_each(|_| writer.out.push_str("]}"));
    writer.out.push(']');
    if tokens {
        writer.out.push_str(",\"tokens\":[");
        for (index, token) in document.tokens().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let Span { start, end } = token.span;
            let _ = write!(
                writer.out,
                "{comma}\n[\"{}\",{start},{end}]",
                token_word(token.kind)
            );
        }
        writer.out.push(']');
    }
    writer.out.push_str("}\n");
    writer.out
}
