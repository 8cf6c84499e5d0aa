//! `storyline parse FILE`
//!
//! Files may nest as deep as they like, so the tree is written without recursion; readers of the
//! JSON have to look after their own.

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_lookml::{Document, Node, NodeKind, TokenKind};
use storyline_text::{Diagnostic, Label, RelPath, Span, Visible};

use crate::args::{Format, ParseArgs, from_directory};
use crate::cursor::Cursor;
use crate::failure::{Failure, FailureKind, Sources};
use crate::json::{self, JsonDiagnostic, JsonRange};
use crate::{output, report};

/// Levels that the outline indents by.
const MAX_INDENT: usize = 40;

pub(crate) fn run(directory: &Path, args: &ParseArgs) -> Result<ExitCode, Failure> {
    if args.tokens && args.format == Format::Text {
        let diagnostic = Diagnostic::error("tokens-as-text", "tokens are printed as JSON only")
            .help("add `--format json`");
        return Err(Failure::new(FailureKind::Usage, diagnostic));
    }
    let file = shown_as(&args.file);
    if file.as_bytes().ends_with(b".dashboard.lookml") {
        let title = "a LookML dashboard is YAML, which `parse` does not read";
        let diagnostic = Diagnostic::error("dashboard-is-yaml", title)
            .label(Label::path(&file, ""))
            .help("`storyline sites` lists the names in it; any YAML parser reads the rest");
        return Err(Failure::new(FailureKind::Usage, diagnostic));
    }
    let sources = Sources::from([(file.clone(), read(directory, &args.file)?)]);
    let document = storyline_lookml::parse(&sources[&file]);
    let problems = document.errors().iter().chain(document.warnings());
    let diagnostics: Vec<_> = problems.map(|problem| problem.diagnostic(&file)).collect();
    output::stream(|out| match args.format {
        Format::Text => text(&document, out),
        Format::Json => {
            let out = &mut output::Escaped(out);
            let shown = args.file.to_string_lossy();
            let problems = json::diagnostics(&diagnostics, &sources);
            tree(&document, &shown, &problems, out)?;
            if args.tokens {
                tokens(&document, out)?;
            }
            out.write_all(b"}\n")
        }
    })?;
    report::diagnostics(&diagnostics, &sources);
    Ok(match document.errors().is_empty() {
        true => ExitCode::SUCCESS,
        false => FailureKind::Findings.exit_code(),
    })
}

/// The file's name in messages, which know paths inside a project only: an absolute one is shown
/// without its first slash, and what is no such path (`../x`) by its last component.
fn shown_as(file: &Path) -> RelPath {
    let path = match file == Path::new("-") {
        true => b"standard input",
        false => file.as_os_str().as_encoded_bytes(),
    };
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    RelPath::new(path.strip_prefix(b"/").unwrap_or(path))
        .or_else(|_| RelPath::new(name))
        .unwrap_or_else(|_| RelPath::new(b"a folder").expect("a plain name"))
}

fn read(directory: &Path, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = storyline_lookml::MAX_LENGTH as u64 + 1;
    let result = match file == Path::new("-") {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes),
        false => std::fs::File::open(from_directory(directory, file))
            .and_then(|open| open.take(limit).read_to_end(&mut bytes)),
    };
    result.map_err(|error| {
        let title = format!("cannot read {}: {error}", output::shown(file));
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
        TokenKind::Indicator => "indicator",
        TokenKind::Unknown => "unknown",
    }
}

/// Calls `visit` for each node below `root`, with how many of its ancestors end before it, and
/// returns how many are open at the end.
fn walk<'d, 's>(
    document: &'d Document<'s>,
    mut visit: impl FnMut(Node<'d, 's>, usize) -> io::Result<()>,
) -> io::Result<usize> {
    let mut open = vec![document.root().children()];
    let mut ended = 0;
    while let Some(children) = open.last_mut() {
        match children.next() {
            Some(node) => {
                visit(node, ended)?;
                ended = 0;
                open.push(node.children());
            }
            None => {
                open.pop();
                ended += 1;
            }
        }
    }
    Ok(ended.saturating_sub(1))
}

/// One line a node, indented by depth.
fn text(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut depth = 0;
    walk(document, |node, ended| {
        depth -= ended;
        // Files may nest absurdly deep; their outline must not grow with the square of that.
        let indent = 2 * depth.min(MAX_INDENT);
        depth += 1;
        write!(out, "{:indent$}{}", "", word(node.kind()))?;
        if !node.key().is_empty() {
            write!(out, " {}", Visible(node.key()))?;
        }
        if let Some(value) = node.name().or_else(|| node.value()) {
            write!(out, " {}", Visible(value.text()))?;
        }
        out.write_all(b"\n")
    })
    .map(|_| ())
}

/// A node without its children.
#[derive(Serialize)]
struct JsonNode<'a> {
    kind: &'static str,
    #[serde(flatten)]
    range: JsonRange,
    #[serde(skip_serializing_if = "str::is_empty")]
    key: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(flatten)]
    value: Option<JsonValue<'a>>,
}

#[derive(Serialize)]
struct JsonValue<'a> {
    value: Cow<'a, str>,
    value_start: u32,
    value_end: u32,
    quoted: bool,
}

impl<'a> JsonNode<'a> {
    fn new(node: Node<'a, 'a>, cursor: &mut Cursor<'_>) -> Self {
        Self {
            kind: word(node.kind()),
            range: JsonRange::new(node.span(), cursor),
            key: json::text(node.key()),
            name: node.name().map(|name| json::text(name.text())),
            value: node.value().map(|value| JsonValue {
                value: json::text(value.text()),
                value_start: value.span().start,
                value_end: value.span().end,
                quoted: value.is_quoted(),
            }),
        }
    }
}

/// The tree, up to the brace that ends it.
fn tree(
    document: &Document<'_>,
    file: &str,
    problems: &[JsonDiagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"{\"file\":")?;
    serde_json::to_writer(&mut *out, file)?;
    out.write_all(b",\"language\":\"lookml\",\"diagnostics\":")?;
    serde_json::to_writer(&mut *out, problems)?;
    out.write_all(b",\"children\":[")?;
    let mut cursor = Cursor::new(document.source());
    let mut is_first = true;
    let open = walk(document, |node, ended| {
        for _ in 0..ended {
            out.write_all(b"]}")?;
        }
        // The first child of the node before it, or of the file, when nothing ended in between.
        let comma = if is_first || ended == 0 { "" } else { "," };
        is_first = false;
        let head = serde_json::to_string(&JsonNode::new(node, &mut cursor))?;
        let head = head.trim_end_matches('}');
        write!(out, "{comma}\n{head},\"children\":[")
    })?;
    for _ in 0..open {
        out.write_all(b"]}")?;
    }
    out.write_all(b"]")
}

fn tokens(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b",\"tokens\":[")?;
    for (index, token) in document.tokens().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let Span { start, end } = token.span;
        write!(
            out,
            "{comma}\n[\"{}\",{start},{end}]",
            token_word(token.kind)
        )?;
    }
    out.write_all(b"]")
}
