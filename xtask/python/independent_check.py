"""Looks for own names that a stamp left behind, with no code of Storyline's.

    independent_check.py CANONICAL STAMPED SUFFIX [HOST...]

CANONICAL is a Looker project, STAMPED the same after stamping with `{name}SUFFIX` for connections,
models and its project. Every `model:` scalar of a dashboard, every `X::` and `/explore/X/` in a
link, every include, project name, connection and path is listed with regular expressions and
PyYAML. One that is own and unstamped, or foreign and changed, is printed; the exit code is then 1.
"""

import os
import re
import sys
from collections import Counter
from urllib.parse import unquote

import yaml

MODEL = re.compile(r"^(.+)\.model\.(?:lkml|lookml)$")
LINK = re.compile(
    r"""(?P<host>(?:https?:)?//[^/\s"'<>]+)?
        (?P<before>[\w%.@{}/-]*?)
        (?:dashboards(?:-next)?|dashboard)/(?P<model>[^\s"'/?\#:<>{}]+)(?:::|%3A%3A|%3a%3a)""",
    re.X,
)
EXPLORE = re.compile(
    r"""(?P<host>(?:https?:)?//[^/\s"'<>]+)?
        (?P<before>[\w%.@{}/-]*?)
        /explore/(?P<model>[^\s"'/?\#<>{}]+)/""",
    re.X,
)
INCLUDE = re.compile(r'^\s*include\s*:\s*(\[[^\]]*\]|"[^"]*")', re.M)


class Loader(yaml.SafeLoader):
    pass


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in (".git", ".storyline"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield os.path.relpath(path, root), path


def read(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "surrogateescape")


def models_of(root):
    found = {}
    for relative, _ in files(root):
        match = MODEL.match(os.path.basename(relative))
        if match:
            found[relative] = match[1]
    return found


def scalars(node, key=None):
    """Every scalar below a node of a YAML file, with the key that it belongs to."""
    stack = [(node, key)]
    while stack:
        node, key = stack.pop()
        if isinstance(node, yaml.MappingNode):
            stack += [(value, name.value) for name, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            stack += [(value, key) for value in node.value]
        else:
            yield key, node.value


def without_comments(text):
    """LookML without its comments: `#` to the end of the line, outside strings and `;;` values."""
    out, at = [], 0
    token = re.compile(r'"(?:\\.|[^"\\])*"|\b(?:sql\w*|html|expr\w*|\w+_sql)\s*:.*?;;|#[^\n]*', re.S)
    for match in token.finditer(text):
        out.append(text[at:match.start()])
        if not match[0].startswith("#"):
            out.append(match[0])
        at = match.end()
    return "".join(out) + text[at:]


class Report:
    def __init__(self):
        self.counts = Counter()
        self.bad = []

    def see(self, kind, file, name, is_bad):
        self.counts[kind] += 1
        if is_bad:
            self.bad.append(f"{file}: {kind} {name!r}")


def check(canonical, stamped, suffix, hosts):
    report = Report()
    own = set(models_of(canonical).values())
    after = models_of(stamped)
    expected = {
        path.removesuffix(ending) + suffix + ending
        for path, name in models_of(canonical).items()
        for ending in [os.path.basename(path).removeprefix(name)]
    }
    for path, name in after.items():
        report.see("path", path, name, path not in expected)
    for path in expected - set(after):
        report.see("path", path, "missing", True)

    def left(name):
        return name in own and name + suffix not in own

    def links(file, text):
        for pattern in (LINK, EXPLORE):
            for match in pattern.finditer(text):
                host = (match["host"] or "").split("//")[-1].lower()
                if host and host not in hosts and "{" not in host:
                    report.see("link elsewhere", file, match[0], False)
                    continue
                name = unquote(match["model"])
                report.see("link", file, name, left(name))

    for relative, path in files(stamped):
        if relative.endswith((".dashboard.lookml", ".dashboard.lkml")):
            text = read(path)
            for key, value in scalars(yaml.compose(text, Loader) or yaml.ScalarNode("", "")):
                if key == "model":
                    foreign = value.endswith(suffix) and value[: -len(suffix)] not in own
                    report.see("model", relative, value, left(value) or foreign)
                links(relative, value)
        elif relative.endswith((".lkml", ".lookml")):
            text = without_comments(read(path))
            for include in INCLUDE.finditer(text):
                for pattern in re.findall(r'"([^"]*)"', include[1]):
                    match = re.search(r"([^/*?]+)\.model(?:\.lkml|\.lookml)?$", pattern)
                    local = not pattern.startswith("//")
                    report.see("include", relative, pattern, bool(match and local and left(match[1])))
            links(relative, INCLUDE.sub("", text))
            if relative.endswith((".model.lkml", ".model.lookml")):
                for match in re.finditer(r'^connection\s*:\s*"([^"]*)"', text, re.M):
                    name = match[1]
                    report.see("connection", relative, name, "@{" not in name and not name.endswith(suffix))
            if relative == "manifest.lkml":
                for match in re.finditer(r'^project_name\s*:\s*"([^"]*)"', text, re.M):
                    report.see("project", relative, match[1], not match[1].endswith(suffix))
    return report


def main():
    canonical, stamped, suffix, *hosts = sys.argv[1:]
    report = check(canonical, stamped, suffix, set(hosts))
    for kind, count in sorted(report.counts.items()):
        print(f"{kind}: {count}")
    for line in report.bad:
        print("BAD", line)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
