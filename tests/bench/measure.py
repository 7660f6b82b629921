#!/usr/bin/env python3
"""Measures a program that sends messages against the same program on bare reqwest, both in one run; and one that moves files.

    python3 tests/bench/measure.py build           CPU seconds of a debug build from nothing, dependencies included
    python3 tests/bench/measure.py instructions    instructions of one send, by callgrind (needs valgrind)
    python3 tests/bench/measure.py allocations     allocations of one send and their bytes, by dhat (needs valgrind)
    python3 tests/bench/measure.py throughput      sends a second, and CPU of each, at 1, 16, 64 and 256 at once on loopback
    python3 tests/bench/measure.py memory          peak memory of moving a file of 100 MB (Linux)

Prints one line for each program and the ratio. Only throughput is timed on the wall clock: the programs take turns, and the median counts.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

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


def target():
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench"


@contextmanager
def canned():
    """The programs in release builds, and the URL of a server that answers them."""
    cargo("build", "--quiet", "--release", target=target())
    cargo("build", "--quiet", "--release", "--package", "flybook-tests", "--bin", "canned", target=target(), root=ROOT)
    server = subprocess.Popen([target() / "release" / "canned"], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()


def valgrind(tool, program, url, count):
    """What valgrind's tool says in the end about a program that sends so many messages."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", f"--tool={tool}", f"--{tool}-out-file={folder}/out"]
        command += [str(target() / "release" / program), url, str(count)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def each(tool, pattern, program, url):
    """The numbers of one send: what 1,100 sends cost more than 100, divided by 1,000."""
    reports = (valgrind(tool, program, url, count) for count in (100, 1100))
    few, many = ([int(number.replace(",", "")) for number in re.search(pattern, report).groups()] for report in reports)
    return [(much - little) / 1000 for little, much in zip(few, many)]


def instructions():
    counted = {}
    with canned() as url:
        for program in PROGRAMS:
            [counted[program]] = each("callgrind", r"Collected : (\d+)", program, url)
            print(f"{program:6} {counted[program]:9.0f} instructions")
    return counted


def allocations():
    counted = {}
    with canned() as url:
        for program in PROGRAMS:
            size, number = each("dhat", r"Total: +([\d,]+) bytes in ([\d,]+) blocks", program, url)
            print(f"{program:6} {number:7.1f} allocations {size:9.0f} bytes")
            counted[program] = (number, size)
    (number, size), (bare_number, bare_size) = counted["typed"], counted["bare"]
    print(f"typed / bare = {number / bare_number:.2f} of the allocations, {size / bare_size:.2f} of the bytes")


ROUNDS = 5
SENDS = 4096


def throughput():
    """Medians of several rounds, in which the programs take turns; CPU is that of the program alone, the server's not counted."""
    print("at once     bare/s    typed/s  typed/bare     bare us    typed us  typed/bare")
    with canned() as url:
        for concurrent in (1, 16, 64, 256):
            runs = {program: [] for program in PROGRAMS}
            for turn in range(ROUNDS):
                for program in PROGRAMS[:: 1 if turn % 2 else -1]:
                    runs[program].append(timed(target() / "release" / program, url, concurrent))
            rates, costs = ([median(run[kind] for run in runs[program]) for program in PROGRAMS] for kind in (0, 1))
            line = f"{concurrent:7} {rates[0]:10.0f} {rates[1]:10.0f} {rates[1] / rates[0]:11.2f}"
            print(f"{line} {costs[0]:11.1f} {costs[1]:11.1f} {costs[1] / costs[0]:11.2f}", flush=True)


def timed(program, url, concurrent):
    """Sends a second, and microseconds of CPU for each, without what the program costs that sends nothing."""
    seconds, cpu = run(program, url, SENDS, concurrent)
    _, idle = run(program, url, 0, concurrent)
    return SENDS / seconds, (cpu - idle) * 1_000_000 / SENDS


def run(program, url, count, concurrent):
    process = subprocess.Popen([program, url, str(count), str(concurrent)], stdout=subprocess.PIPE, text=True)
    seconds = float(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return seconds, usage.ru_utime + usage.ru_stime


SIZE = 100_000_000


class Files(BaseHTTPRequestHandler):
    """Sends a file of that size for each download, and counts what each upload brings."""

    protocol_version = "HTTP/1.1"
    uploaded = 0

    def do_GET(self):
        if "/files/" not in self.path:
            return self.answer()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        for at in range(0, SIZE, 100_000):
            self.wfile.write(bytes(min(100_000, SIZE - at)))

    def do_POST(self):
        left = int(self.headers["Content-Length"])
        Files.uploaded = left
        while left > 0:
            left -= len(self.rfile.read(min(left, 100_000)))
        self.answer()

    def answer(self):
        body = b'{"code":0,"data":{"file_key":"k"}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def memory():
    """Peak resident memory of one call in a release build; the server is another process."""
    cargo("build", "--quiet", "--release", "--package", "files", target=target())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for what in ["nothing", "download", "path", "reader"]:
            command = [target() / "release" / "files", what, f"http://127.0.0.1:{server.server_port}", path, str(SIZE)]
            peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            if what in ("path", "reader"):
                assert Files.uploaded > SIZE
            print(f"{what:8} {peak / 1024:6.1f} MiB")


def main():
    alone = {"allocations": allocations, "throughput": throughput, "memory": memory}
    if len(sys.argv) == 2 and sys.argv[1] in alone:
        return alone[sys.argv[1]]()
    measures = {"build": build, "instructions": instructions}
    if len(sys.argv) != 2 or sys.argv[1] not in measures:
        sys.exit(__doc__)
    measured = measures[sys.argv[1]]()
    print(f"typed / bare = {measured['typed'] / measured['bare']:.2f}")


if __name__ == "__main__":
    main()
