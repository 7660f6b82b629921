#!/usr/bin/env python3
"""Measures a program that sends messages against the same program on bare reqwest, both in one run.

    python3 tests/bench/measure.py build           CPU seconds of a debug build from nothing, dependencies included
    python3 tests/bench/measure.py instructions    instructions of one send, by callgrind (needs valgrind)

Prints one line for each program and the ratio. Nothing is timed on the wall clock, so a busy machine disturbs little.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent.parent
PROGRAMS = ["bare", "typed"]


def cargo(*arguments, target=None, root=BENCH):
    environment = dict(os.environ)
    if target:
        environment["CARGO_TARGET_DIR"] = str(target)
    subprocess.run(["cargo", *arguments], cwd=root, env=environment, check=True)


def build():
    """CPU seconds (user and system) of all processes that a build starts."""
    cargo("fetch", "--quiet")
    seconds = {}
    for program in PROGRAMS:
        with tempfile.TemporaryDirectory() as target:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            cargo("build", "--quiet", "--offline", "--package", program, target=target)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds[program] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{program:6} {seconds[program]:7.1f} CPU-s")
    return seconds


def instructions():
    """Instructions of one send: what 1,100 sends cost more than 100, divided by 1,000."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench"
    cargo("build", "--quiet", "--release", target=target)
    cargo("build", "--quiet", "--release", "--package", "flybook-tests", "--bin", "canned", target=target, root=ROOT)
    server = subprocess.Popen([target / "release" / "canned"], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        each = {}
        for program in PROGRAMS:
            few, many = (callgrind(target / "release" / program, url, count) for count in (100, 1100))
            each[program] = (many - few) / 1000
            print(f"{program:6} {each[program]:9.0f} instructions")
        return each
    finally:
        server.kill()


def callgrind(program, url, count):
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", str(program), url, str(count)]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return int(re.search(r"Collected : (\d+)", report).group(1))


def main():
    measures = {"build": build, "instructions": instructions}
    if len(sys.argv) != 2 or sys.argv[1] not in measures:
        sys.exit(__doc__)
    measured = measures[sys.argv[1]]()
    print(f"typed / bare = {measured['typed'] / measured['bare']:.2f}")


if __name__ == "__main__":
    main()
