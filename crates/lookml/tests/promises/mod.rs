//! What is promised about every document, whatever it was read from.

use storyline_lookml::{Address, Document, MAX_ERRORS, Node, NodeKind, TokenKind, parse};
use storyline_text::{RelPath, Span};

/// All promises about the document of `source`.
pub(crate) fn check(source: &[u8]) {
    let document = parse(source);
    assert_eq!(document.text(), source);
    tokens_cover(&document);
    nodes_nest(&document);
    errors_lie_inside(&document);
    addresses_find(&document);
}

fn tokens_cover(document: &Document<'_>) {
    let mut end = 0;
    for token in document.tokens() {
        assert_eq!(token.span.start, end);
        assert!(!token.span.is_empty());
        end = token.span.end;
    }
    assert_eq!(end as usize, document.source().len());
}

/// Children stand inside their parent, in order, and walking them meets each node once.
fn nodes_nest(document: &Document<'_>) {
    let mut walked = vec![document.root()];
    let mut levels = vec![(document.root(), document.root().children())];
    while let Some((parent, children)) = levels.last_mut() {
        let Some(child) = children.next() else {
            levels.pop();
            continue;
        };
        let before = walked.last().expect("the root at least");
        assert!(
            parent.span().contains(child.span()),
            "{child:?} in {parent:?}"
        );
        assert!(
            child.span().start >= before.span().start,
            "{child:?} after {before:?}"
        );
        if before.span().start == child.span().start {
            assert_eq!(before, parent);
        }
        node_is_whole(document, child);
        walked.push(child);
        levels.push((child, child.children()));
    }
    assert!(walked[1..].iter().copied().eq(document.nodes()));
    for siblings in walked
        .iter()
        .map(|node| node.children().collect::<Vec<_>>())
    {
        assert!(
            siblings
                .windows(2)
                .all(|pair| pair[0].span().end <= pair[1].span().start)
        );
    }
}

/// No blanks around it, its name and value inside it, only containers with children.
fn node_is_whole(document: &Document<'_>, node: Node<'_, '_>) {
    let span = node.span();
    assert!(!span.is_empty());
    let mut tokens = node.tokens();
    let first = tokens.next().expect("a node has a token");
    let last = tokens.last().unwrap_or(first);
    assert_eq!(Span::new(first.span.start, last.span.end), span);
    assert!(
        !first.kind.is_trivia() && !last.kind.is_trivia(),
        "{node:?}"
    );
    for value in node.name().into_iter().chain(node.value()) {
        assert!(span.contains(value.span()), "{node:?}");
        assert_eq!(value.text(), value.span().slice(document.source()));
    }
    let container = matches!(node.kind(), NodeKind::Block | NodeKind::List);
    assert!(container || node.children().next().is_none(), "{node:?}");
    assert!(
        node.kind() == NodeKind::Block || node.name().is_none(),
        "{node:?}"
    );
}

fn errors_lie_inside(document: &Document<'_>) {
    let file = RelPath::new(b"a.view.lkml").expect("a plain name");
    let whole = Span::at(0..document.source().len());
    assert!(document.errors().len() <= MAX_ERRORS + 1);
    assert!(document.warnings().len() <= MAX_ERRORS);
    for error in document.errors().iter().chain(document.warnings()) {
        assert!(whole.contains(error.span), "{error:?}");
        if let Some((related, _)) = error.related {
            assert!(whole.contains(related), "{error:?}");
        }
        let diagnostic = error.diagnostic(&file);
        assert_eq!(diagnostic.id, error.kind.id());
    }
    let unknown = document
        .tokens()
        .any(|token| token.kind == TokenKind::Unknown);
    let strange = document.nodes().any(|node| node.kind() == NodeKind::Error);
    assert!(!document.errors().is_empty() || !(unknown || strange));
}

fn addresses_find(document: &Document<'_>) {
    for node in document.nodes() {
        let Some(address) = node.address() else {
            continue;
        };
        assert!(
            document.find(&address).any(|found| found == node),
            "{address}"
        );
        assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address));
    }
}
