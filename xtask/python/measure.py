"""Runs a command once and tells what it cost.

    python measure.py < REQUEST

REQUEST is JSON: {"words": [WORD, ...], "folder": where to start it or null, "input": FILE or null,
"keep": whether to return what it prints}. Prints
{"cpu": seconds of it and of those that it waited for, "wall": seconds, "peak": bytes of memory that the largest
of them had at once, "printed": TEXT}.
"""

import json
import os
import subprocess
import sys
import tempfile
import time


def main():
    request = json.load(sys.stdin)
    # Output goes to a file, since nobody reads a pipe while the process is waited for.
    printed = tempfile.TemporaryFile() if request["keep"] else open(os.devnull, "wb")
    started = time.monotonic()
    child = subprocess.Popen(
        request["words"],
        cwd=request["folder"],
        stdin=open(request["input"] or os.devnull, "rb"),
        stdout=printed,
        stderr=subprocess.PIPE if request["keep"] else subprocess.DEVNULL,
    )
    errors = child.stderr.read() if request["keep"] else b""
    # Of this child alone: what `resource` says of all children is the peak of any of them.
    _, status, usage = os.wait4(child.pid, 0)
    stopped = time.monotonic()
    if status != 0:
        sys.exit(f"{request['words']} ended with {status}: {errors.decode(errors='replace')}")
    text = ""
    if request["keep"]:
        printed.seek(0)
        text = printed.read().decode()
    cost = {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": stopped - started,
        "peak": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "printed": text,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
