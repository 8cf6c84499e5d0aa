"""Measures the CPU time of commands, which take turns.

    python bench_commands.py < REQUEST

REQUEST is JSON: {"runs": 5, "remove": FOLDER, "commands": {NAME: [WORD, ...], ...}}. FOLDER is removed
before each run, unmeasured. Prints {NAME: [CPU seconds of each run, children included], ...}.
"""

import json
import resource
import shutil
import subprocess
import sys


def cpu_seconds(words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    request = json.load(sys.stdin)
    seconds = {name: [] for name in request["commands"]}
    for _ in range(request["runs"]):
        for name, words in request["commands"].items():
            shutil.rmtree(request["remove"], ignore_errors=True)
            seconds[name].append(cpu_seconds(words))
    shutil.rmtree(request["remove"], ignore_errors=True)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
