"""Times what other LookML parsers need for given files, with the sources in memory.

    python bench_peers.py PARSER RUNS < FILES

PARSER is looker-cst or lkml, FILES are paths, one a line. Prints one object of JSON: the files and
bytes that were read, those that the parser refused, and the CPU seconds of each run. A tree is dropped
before the next file is parsed.
"""

import json
import sys
import time


def parser(name):
    if name == "looker-cst":
        import looker_cst

        return looker_cst.parse
    import lkml

    return lkml.parse


def refused(parse, source):
    try:
        parse(source)
    except Exception:  # Each parser raises errors of its own, and lkml also others.
        return True
    return False


def main():
    name, runs = sys.argv[1], int(sys.argv[2])
    parse = parser(name)
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
