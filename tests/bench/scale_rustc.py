#!/usr/bin/env python3
"""Stands in for rustc (RUSTC_WRAPPER) and notes what each package took: a line with its name, CPU seconds and MiB in the file $SCALE_LOG."""

import os
import subprocess
import sys

process = subprocess.Popen(sys.argv[1:], close_fds=False)
_, status, usage = os.wait4(process.pid, 0)
package = os.environ.get("CARGO_PKG_NAME")
if package:
    with open(os.environ["SCALE_LOG"], "a") as log:
        log.write(f"{package} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / 1024}\n")
sys.exit(os.waitstatus_to_exitcode(status))
