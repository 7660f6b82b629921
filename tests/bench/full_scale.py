#!/usr/bin/env python3
"""Holds every operation that the documentation pages describe to the house's test, as the pages are drafted: none of it curated.

    python3 tests/bench/full_scale.py --docs DIR --scratch DIR

Copies the workspace into the scratch folder, replaces its spec by the draft of all pages below the other folder, generates the crate
anew, and runs `the_sandbox_answers_every_operation` there: each operation is built typed with what it requires and with everything, checked
and answered by the sandbox, and its reply is read typed. Prints each failure, and how many operations passed; exits 1 when one failed.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# What the test compiles; the other packages name operations of the curated spec.
PACKAGES = ["codegen", "generated", "pages", "runtime", "sandbox", "scopes", "tests"]
TEST = "the_sandbox_answers_every_operation"
SENTENCE = "To be written."


def cargo(*arguments, root, target):
    """Runs cargo and gives whether it succeeded, and what it printed."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    run = subprocess.run(["cargo", *arguments], cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.returncode == 0, run.stdout


def write(path, content):
    """Leaves a file alone that holds the same already, so that cargo builds only what changed."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def sources():
    """Every file of the workspace but the spec and what is generated from it."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name and not name.startswith(("spec/", "generated/"))]
    return [name for name in names if (ROOT / name).is_file()]


def copy(house):
    for name in sources():
        content = (ROOT / name).read_bytes()
        if name == "Cargo.toml":
            members = ", ".join(f'"{package}"' for package in PACKAGES)
            content = re.sub(rb"members = \[.*?\]", f"members = [{members}]".encode(), content, count=1)
            # The crate is large, and nobody debugs it here.
            content += b"\n[profile.dev.package.flybook]\ndebug = false\n"
        write(house / name, content)


def draft(docs, house, scratch, target):
    """The draft of all pages in place of the spec, and what is generated from it."""
    drafted = scratch / "draft"
    for path in drafted.rglob("*.yaml"):
        path.unlink()
    platform = (ROOT / "spec/platform.yaml").read_text()
    # Both name operations of the curated spec.
    platform = re.sub(r"^(showcase|sign_in):.*\n", "", platform, flags=re.MULTILINE)
    write(drafted / "platform.yaml", platform.encode())
    # No page says what the sandbox does when it is asked for a token, which every other call needs.
    for path in [ROOT / "spec/common.yaml", *(ROOT / "spec/auth").rglob("*.yaml")]:
        write(drafted / path.relative_to(ROOT / "spec"), path.read_bytes())
    done, printed = cargo("run", "--quiet", "--package", "xtask", "--", "draft", "--out", drafted, docs, root=ROOT, target=target)
    if not done:
        sys.exit(printed)
    print(printed.splitlines()[-1], flush=True)
    common = drafted / "common.yaml"
    common.write_text(used(common.read_text(), drafted))
    # The test reads the spec too: the sentences that a person would write are stood in for.
    spec = house / "spec"
    for path in spec.rglob("*.yaml"):
        if not (drafted / path.relative_to(spec)).exists():
            path.unlink()
    for path in drafted.rglob("*.yaml"):
        text = re.sub(r': ""$', f": {SENTENCE}", path.read_text().replace('doc: ""', f"doc: {SENTENCE}"), flags=re.MULTILINE)
        write(spec / path.relative_to(drafted), text.encode())
    regenerate = ["run", "--quiet", "--package", "xtask", "--", "regenerate", "--spec", spec, "--out", house / "generated"]
    done, printed = cargo(*regenerate, root=ROOT, target=target)
    if not done:
        sys.exit(printed)
    print(printed.splitlines()[-1], flush=True)


def used(common, drafted):
    """The common types that the draft uses; the spec has no room for others."""
    head, *types = re.split(r"^(?=  [A-Z])", common, flags=re.MULTILINE)
    text = "\n".join(path.read_text() for path in drafted.rglob("*/*.yaml"))
    kept = [written for written in types if re.search(rf"\bcommon\.{re.match(r'  (.+?):', written)[1]}\b", text)]
    return head + "".join(kept)


def test(house, target):
    """How many operations were sent, and a line for each that failed."""
    features = ["--no-default-features", "--features", "demo"]
    run = ["test", "--package", "flybook-tests", *features, "--test", "every", TEST, "--", "--nocapture"]
    passed, printed = cargo(*run, root=house, target=target)
    sent = re.search(r"^(\d+) operations sent$", printed, flags=re.MULTILINE)
    if not sent:
        sys.exit(printed)
    failed = re.findall(r"^\S+ \(everything: (?:true|false)\): .*$", printed, flags=re.MULTILINE)
    if passed != (not failed):
        sys.exit(printed)
    return int(sent[1]), failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", required=True, type=Path, help="the folder of the raw pages")
    parser.add_argument("--scratch", required=True, type=Path, help="a folder outside the repository; it is kept, so that a second run is quicker")
    given = parser.parse_args()
    scratch, docs = given.scratch.resolve(), given.docs.resolve()
    if scratch.is_relative_to(ROOT):
        sys.exit("the scratch folder is inside the repository; name one outside")
    target = Path(os.environ.get("CARGO_TARGET_DIR", scratch / "target")).resolve()
    house = scratch / "house"
    start = time.monotonic()
    copy(house)
    draft(docs, house, scratch, target)
    sent, failed = test(house, target)
    for line in failed:
        print(line)
    # An operation is sent twice: with what it requires, and with everything.
    missed = len({line.split()[0] for line in failed})
    print(f"{sent - missed} of {sent} operations passed, {missed} failed; {time.monotonic() - start:.0f} s")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
