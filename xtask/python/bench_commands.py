"""Measures the CPU and wall time of commands, which take turns.

    python bench_commands.py < REQUEST

REQUEST is JSON: {"runs": 5, "into": FOLDER, "commands": {NAME: [WORD, ...], ...}}. Each run writes into
a folder of its own: the word FOLDER gets the run's name behind it. Nothing is removed meanwhile, since
some file systems are slow to make files shortly after others were removed. Prints
{NAME: {"cpu": [seconds of each run, children included], "wall": [...]}, ...}.
"""

import json
import resource
import subprocess
import sys
import time


def measure(words):
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    # 1 means findings.
    if ended.returncode > 1:
        ended.check_returncode()
    after, stopped = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, stopped - started


def main():
    request = json.load(sys.stdin)
    into = request["into"]
    seconds = {name: {"cpu": [], "wall": []} for name in request["commands"]}
    # The first round only warms up.
    for run in range(request["runs"] + 1):
        for name, words in request["commands"].items():
            own = f"{into}-{name}-{run}"
            cpu, wall = measure([own if word == into else word for word in words])
            if run > 0:
                seconds[name]["cpu"].append(cpu)
                seconds[name]["wall"].append(wall)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
