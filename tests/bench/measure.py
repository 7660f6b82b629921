#!/usr/bin/env python3
"""Measures a program that sends messages against the same program on bare reqwest, both in one run; and one that moves files.

    python3 tests/bench/measure.py build           CPU seconds of a debug build from nothing, dependencies included
    python3 tests/bench/measure.py instructions    instructions of one send, by callgrind (needs valgrind)
    python3 tests/bench/measure.py memory          peak memory of moving a file of 100 MB (Linux)

Prints one line for each program and the ratio. Nothing is timed on the wall clock, so a busy machine disturbs little.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench"
    cargo("build", "--quiet", "--release", "--package", "files", target=target)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for what in ["nothing", "download", "path", "reader"]:
            command = [target / "release" / "files", what, f"http://127.0.0.1:{server.server_port}", path, str(SIZE)]
            peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            if what in ("path", "reader"):
                assert Files.uploaded > SIZE
            print(f"{what:8} {peak / 1024:6.1f} MiB")


def main():
    if sys.argv[1:] == ["memory"]:
        return memory()
    measures = {"build": build, "instructions": instructions}
    if len(sys.argv) != 2 or sys.argv[1] not in measures:
        sys.exit(__doc__)
    measured = measures[sys.argv[1]]()
    print(f"typed / bare = {measured['typed'] / measured['bare']:.2f}")


if __name__ == "__main__":
    main()
