"""Prints what the Python package lkml reads in LookML files: the other side of a differential test.

    python lkml_tree.py FILE...         or the files, one a line, on standard input

One line of JSON for each file, in the same order:

    {"file": ..., "rows": [[depth, kind, key, style, text], ...], "lossless": true}
    {"file": ..., "error": "IndexError: ..."}

The rows are the tree, each node before its children. kind is "block", "list", "pair" or "element"; key
is null for an element. style and text are a block's name or the value of a pair or element: "word",
"string" (without quotes, escapes as written) or "raw" (ends in ;;, without blanks around it), and null
where there is none. lossless tells whether the tree gives the file back byte for byte.
"""

import json
import signal
import sys

import lkml
from lkml import tree

SECONDS_PER_FILE = 60  # Some files send lkml into an endless loop.


def text(token):
    if token is None:
        return [None, None]
    styles = {tree.QuotedSyntaxToken: "string", tree.ExpressionSyntaxToken: "raw"}
    return [styles.get(type(token), "word"), token.value]


def row(depth, node):
    if isinstance(node, tree.BlockNode):
        return [depth, "block", node.type.value, *text(node.name)]
    if isinstance(node, tree.ListNode):
        return [depth, "list", node.type.value, None, None]
    if isinstance(node, tree.PairNode):
        return [depth, "pair", node.type.value, *text(node.value)]
    return [depth, "element", None, *text(node)]


def children(node):
    if isinstance(node, tree.BlockNode):
        return node.container.items if node.container else ()
    return node.items if isinstance(node, tree.ListNode) else ()


def rows(document):
    ahead = [(0, item) for item in reversed(document.container.items)]
    while ahead:
        depth, node = ahead.pop()
        yield row(depth, node)
        ahead.extend((depth + 1, child) for child in reversed(children(node)))


def too_slow(_signal, _frame):
    raise TimeoutError(f"no answer in {SECONDS_PER_FILE} s")


def read(file):
    signal.alarm(SECONDS_PER_FILE)
    try:
        with open(file, encoding="utf-8", newline="") as stream:
            source = stream.read()
        document = lkml.parse(source)
        lossless = str(document) == source
        return {"file": file, "rows": list(rows(document)), "lossless": lossless}
    except Exception as error:  # lkml raises whatever its mistakes lead to.
        return {"file": file, "error": f"{type(error).__name__}: {error}"}
    finally:
        signal.alarm(0)


def main():
    signal.signal(signal.SIGALRM, too_slow)
    files = sys.argv[1:] or sys.stdin.read().splitlines()
    for file in files:
        print(json.dumps(read(file)), flush=True)


if __name__ == "__main__":
    main()
