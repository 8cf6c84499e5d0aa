"""Reads a stage with nothing but Git: which revisions are on it, and what its files are in canonical form.

usage: independent.py REPOSITORY TIP STAGE_NAME=CANONICAL_NAME,... [PROPOSED...]

Prints `on STORY REVISION` and `file PATH TEXT`, each ended by a zero byte.
"""

import re
import subprocess
import sys

repository, tip, names, *proposed = sys.argv[1:]
names = dict(pair.split("=") for pair in names.split(","))


def git(*arguments):
    command = ["git", "--git-dir", repository, *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def commits(*arguments):
    """Commits along first parents, newest first: id, tree, parents, message."""
    text = git("log", "--first-parent", "--format=%H%x00%T%x00%P%x00%B%x01", *arguments)
    for record in text.split("\x01")[:-1]:
        commit, tree, parents, message = record.lstrip("\n").split("\0")
        yield commit, tree, parents.split(), message


def deeds(message):
    """What a message says that it does to stories: pairs of a story and a revision, or none when it goes."""
    found = []
    for paragraph in re.split(r"\n\s*\n", message):
        keys = dict(re.findall(r"^\s*([A-Za-z-]+): *(\S+)\s*$", paragraph, re.M))
        kind = keys.get("Storyline-Kind")
        if kind in ("land", "hot-fix"):
            found.append((keys["Story-Id"], keys["Story-Revision"]))
        elif kind == "back-out":
            found.append((keys["Story-Id"], None))
        elif kind == "manifest":
            found.append((None, None))
    return found


def branch(start, end):
    """What the commits of a branch say, oldest first; nothing when one of them says nothing."""
    said = [deeds(message) for *_, message in commits(end, "^" + start)]
    return [deed for one in reversed(said) for deed in one] if all(said) else []


def main():
    history = list(commits(tip))
    known = {}
    for end in proposed:
        base = git("merge-base", end, tip).strip()
        if base == end:
            continue
        known[base, git("rev-parse", end + "^{tree}").strip()] = branch(base, end)
    on = {}
    for _, tree, parents, message in reversed(history):
        said = deeds(message)
        if not said and len(parents) == 2:
            said = branch(*parents)
        if not said and parents:
            said = known.get((parents[0], tree), [])
        for story, revision in said:
            if revision:
                on[story] = revision
            else:
                on.pop(story, None)
    for story, revision in on.items():
        print("on", story, revision, end="\0")
    for entry in git("ls-tree", "-r", "-z", tip).split("\0")[:-1]:
        meta, path = entry.split("\t")
        if path == "storyline.toml":
            continue
        text = git("cat-file", "blob", meta.split()[2])
        pattern = r'^(connection: "|    model: )(\w+)("?)$'
        text = re.sub(pattern, lambda m: m[1] + names.get(m[2], m[2]) + m[3], text, flags=re.M)
        model = re.fullmatch(r"(\w+)(\.model\.lkml)", path)
        path = names[model[1]] + model[2] if model else path
        print("file", path, text, end="\0")


main()
