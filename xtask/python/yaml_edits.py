"""Judges edits of YAML files with PyYAML, and makes the same edits with ruamel.yaml.

    python yaml_edits.py < REQUESTS

A request is a line of JSON, one a file:

    {"file": PATH, "events": [...] or null, "peers": BOOL, "edits": [
      {"leaf": 3, "document": 0, "path": [KEY or INDEX, ...], "span": [first, end], "value": TEXT,
       "text": BOOL, "answers": {NAME: [first, end, TEXT] or REASON or {"unread": REASON}}}, ...]}

events is what somebody read in the file: "document", "{", "}", "[", "]", "=VALUE", "*ALIAS". An edit
gives the scalar or alias number leaf the value: as text, or else as what YAML takes it for. An answer is
the bytes that somebody changes, or why not. With peers, ruamel.yaml answers too.

Prints {"reads": {HOW: [FILE, ...]}, "edits": {NAME: {VERDICT: COUNT}}, "wrong": [...]}: wrong are those
of Storyline's edits that are neither exact nor refused. Verdicts:

    exact       the data is right, and no byte outside the value changed
    right       the data is right, but other bytes changed
    type        only this value changed, but it should be text and PyYAML takes it for something else
    data        another value changed, or this one says something else than it should
    unreadable  the result is no YAML
    refused     nothing was changed
    unread      the library cannot read the file
"""

import io
import json
import sys
from collections import Counter, defaultdict

import ruamel.yaml
import yaml
from ruamel.yaml.scalarstring import ScalarString

RESOLVER = yaml.SafeLoader("")
TEXT = "tag:yaml.org,2002:str"
SCALAR, ALIAS = yaml.events.ScalarEvent, yaml.events.AliasEvent
TOKENS = {
    yaml.events.DocumentStartEvent: "document",
    yaml.events.MappingStartEvent: "{",
    yaml.events.MappingEndEvent: "}",
    yaml.events.SequenceStartEvent: "[",
    yaml.events.SequenceEndEvent: "]",
}


def parse(source):
    """The events of a file; None if PyYAML cannot read it."""
    for parser in (yaml.CSafeLoader, yaml.SafeLoader):
        try:
            return list(yaml.parse(source, parser))
        except (yaml.YAMLError, UnicodeError):
            pass
    return None


def seen(events):
    out = []
    for event in events:
        if isinstance(event, SCALAR):
            out.append("=" + event.value)
        elif isinstance(event, ALIAS):
            out.append("*" + event.anchor)
        elif type(event) in TOKENS:
            out.append(TOKENS[type(event)])
    return out


def scalar(anchor, tag, value):
    """What a scalar means, however it is spelt."""
    word = tag.removeprefix("tag:yaml.org,2002:")
    return SCALAR, anchor, tag, {"bool": value.lower(), "null": ""}.get(word, value)


def resolved(value):
    return RESOLVER.resolve(yaml.ScalarNode, value, (True, False))


def meanings(events):
    """What each event means; an anchor that nothing refers to means nothing."""
    used = {event.anchor for event in events if isinstance(event, ALIAS)}

    def meaning(event):
        anchor = getattr(event, "anchor", None)
        anchor = anchor if anchor in used else None
        if isinstance(event, SCALAR):
            tag = event.tag or RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
            return scalar(anchor, tag, event.value)
        return type(event), anchor, getattr(event, "tag", None)

    return [meaning(event) for event in events]


class File:
    def __init__(self, path):
        with open(path, "rb") as stream:
            self.source = stream.read()
        self.events = parse(self.source)
        self.meanings = meanings(self.events or ())
        self.leaves = [at for at, event in enumerate(self.events or ()) if isinstance(event, (SCALAR, ALIAS))]

    def verdict(self, edit, after):
        events = parse(after)
        if events is None:
            return "unreadable"
        at = self.leaves[edit["leaf"]]
        found = meanings(events)
        if len(found) != len(self.meanings):
            return "data"
        old, value = self.events[at], edit["value"]
        anchor = self.meanings[at][1] if isinstance(old, SCALAR) else None
        tags = {getattr(old, "tag", None), TEXT} if edit["text"] else {resolved(value)}
        expected = list(self.meanings)
        wanted = [scalar(anchor, tag, value) for tag in tags if tag]
        expected[at] = found[at]
        if found != expected:
            return "data"
        if found[at] not in wanted:
            return "type" if found[at] == scalar(anchor, resolved(value), value) else "data"
        first, end = edit["span"]
        before, behind = self.source[:first], self.source[end:]
        same = after.startswith(before) and after.endswith(behind)
        return "exact" if same and len(after) >= len(before) + len(behind) else "right"

    def judge(self, edit, answer):
        if isinstance(answer, dict):
            return "unread"
        if isinstance(answer, str):
            return "refused"
        first, end, text = answer
        return self.verdict(edit, self.source[:first] + text.encode() + self.source[end:])


class Ruamel:
    """ruamel.yaml as its users set it up to keep a file's looks."""

    INDENTS = ({"mapping": 2, "sequence": 4, "offset": 2}, {"mapping": 2, "sequence": 2, "offset": 0})

    def __init__(self, source):
        text = source.decode()
        for indent in self.INDENTS:
            self.yaml = ruamel.yaml.YAML()
            self.yaml.preserve_quotes = True
            self.yaml.width = 1 << 20
            self.yaml.indent(**indent)
            self.yaml.explicit_start = text.startswith("---")
            if "\r\n" in text:
                self.yaml.line_break = "\r\n"
            self.documents = list(self.yaml.load_all(text))
            if self.dump() == source:
                break

    def dump(self):
        out = io.BytesIO()
        self.yaml.dump_all(self.documents, out)
        return out.getvalue()

    def edit(self, edit):
        holder, key = self.documents, edit["document"]
        for step in edit["path"]:
            holder = holder[key]
            key = step
            if isinstance(step, str) and step not in holder:
                key = yaml.safe_load(step)  # A key that is a number, or a date.
        old = holder[key]
        new = edit["value"]
        if not edit["text"]:
            new = yaml.safe_load(new)
        elif isinstance(old, ScalarString):
            new = type(old)(new)
            if old.anchor.value is not None:
                new.yaml_set_anchor(old.anchor.value, always_dump=True)
        holder[key] = new
        try:
            return self.dump()
        finally:
            holder[key] = old


def ruamel_verdicts(file, edits):
    try:
        ruamel_file = Ruamel(file.source)
    except Exception:  # It raises errors of its own, and what its mistakes lead to.
        return ["unread"] * len(edits)
    verdicts = []
    for edit in edits:
        try:
            after = ruamel_file.edit(edit)
        except Exception:
            verdicts.append("refused")
        else:
            verdicts.append(file.verdict(edit, after))
    return verdicts


def how_read(file, events):
    if file.events is None:
        return "neither" if events is None else "Storyline only"
    if events is None:
        return "PyYAML only"
    return "same" if seen(file.events) == events else "differently"


def main():
    reads, counts, wrong = defaultdict(list), defaultdict(Counter), []
    for line in sys.stdin.buffer.read().splitlines():
        request = json.loads(line)
        file = File(request["file"])
        how = how_read(file, request["events"])
        reads[how].append(request["file"])
        if how != "same":
            continue
        edits = request["edits"]
        for edit in edits:
            for name, answer in edit["answers"].items():
                verdict = file.judge(edit, answer)
                counts[name][verdict] += 1
                if name == "Storyline" and verdict not in ("exact", "refused"):
                    wrong.append(f"{request['file']}: {edit['path']} to {edit['value']!r}: {verdict}")
        if request["peers"]:
            counts["ruamel.yaml"].update(ruamel_verdicts(file, edits))
    print(json.dumps({"reads": reads, "edits": counts, "wrong": wrong}))


if __name__ == "__main__":
    main()
