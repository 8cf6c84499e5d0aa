"""Times what other parsers of LookML and YAML need for given files, with the sources in memory.

    python bench_peers.py PARSER RUNS < FILES

PARSER is looker-cst, lkml, pyyaml (pure Python), pyyaml-c (libyaml) or ruamel (round trip), FILES are
paths, one a line. Prints one object of JSON: the files and bytes that were read, those that the parser
refused, and the CPU seconds of each run; or that the parser is "missing". A tree is dropped before
the next file is parsed.
"""

import json
import sys
import time


def parser(name):
    if name == "looker-cst":
        import looker_cst

        return looker_cst.parse
    if name == "lkml":
        import lkml

        return lkml.parse
    if name == "ruamel":
        from ruamel.yaml import YAML

        return YAML(typ="rt").load
    import yaml

    loader = getattr(yaml, "CSafeLoader" if name == "pyyaml-c" else "SafeLoader", None)
    return loader and (lambda source: yaml.load(source, Loader=loader))


def refused(parse, source):
    try:
        parse(source)
    except Exception:  # Each parser raises errors of its own, and lkml also others.
        return True
    return False


def main():
    name, runs = sys.argv[1], int(sys.argv[2])
    parse = parser(name)
    if parse is None:
        print(json.dumps({"missing": True}))
        return
    sources = []
    for path in sys.stdin.read().splitlines():
        with open(path, encoding="utf-8", newline="") as stream:
            sources.append(stream.read())
    seconds = []
    for _ in range(runs):
        started = time.process_time()
        failures = sum(refused(parse, source) for source in sources)
        seconds.append(time.process_time() - started)
    size = sum(len(source.encode()) for source in sources)
    print(json.dumps({"files": len(sources), "bytes": size, "refused": failures, "seconds": seconds}))


if __name__ == "__main__":
    main()
