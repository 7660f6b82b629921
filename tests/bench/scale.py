#!/usr/bin/env python3
"""Measures the whole platform: everything generated, checked, documented, against serde's derive, both Rust peers and progenitor, in one run.

    python3 tests/bench/scale.py --scratch DIR --docs PAGES      drafts what the spec lacks from documentation pages
    python3 tests/bench/scale.py --scratch DIR --spec SPEC       takes a spec as it is; --drafts when sentences are missing
        --only crate,twin       only these measures: crate, twin, peers, services, generator, progenitor, lines, docs
        --json FILE             writes the figures too

Everything is made below the scratch folder, outside the repository. CPU seconds are user and system of a command with all its
processes, and for a check that of rustc on the packages in question, with `CARGO_INCREMENTAL=0`; memory is the peak of the largest process. Of what takes less than ten seconds, the least
of three runs counts. The peers need `protoc`. Run it on an idle machine: other people's work shows in the wall clock, and a little in the CPU time.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import scale_openapi
import scale_twin

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent.parent
PEERS = {"larksuite-oapi-sdk-rs": ("0.3.13", "larksuite"), "openlark": ("0.21.0", "openlark")}
PACKAGE = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n'


class Run:
    """What one command took."""

    def __init__(self, cpu, wall, memory, output):
        self.cpu, self.wall, self.memory, self.output = cpu, wall, memory, output


def run(*command, cwd, capture=False, target=None, **variables):
    environment = dict(os.environ, CARGO_INCREMENTAL="0", CARGO_TERM_COLOR="never", **variables)
    if target:
        environment["CARGO_TARGET_DIR"] = str(target)
    start = time.monotonic()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} if capture else {"stdout": subprocess.DEVNULL}
    process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=environment, **pipes)
    output = process.stdout.read() if capture else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{output}\n{' '.join(str(part) for part in command)} failed")
    return Run(usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024, output)


def least(measure):
    """The cheapest of three runs; a long one counts at once."""
    runs = [measure()]
    while len(runs) < 3 and runs[0].cpu < 10:
        runs.append(measure())
    return min(runs, key=lambda each: each.cpu)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


class Scale:
    def __init__(self, options):
        self.options = options
        self.scratch = options.scratch.resolve()
        self.spec = options.spec.resolve() if options.spec else self.scratch / "spec"
        self.drafts = ["--drafts"] if options.docs or options.drafts else []
        self.generated = self.scratch / "generated"
        self.target = self.scratch / "target"
        self.figures = {}

    def xtask(self, *arguments, **how):
        return run(ROOT / "target" / "debug" / "xtask", *arguments, cwd=ROOT, **how)

    def prepare(self):
        """Spec, generated files, and the crate that holds them over our runtime."""
        run("cargo", "build", "--quiet", "--package", "xtask", cwd=ROOT)
        if self.options.docs:
            shutil.rmtree(self.spec, ignore_errors=True)
            shutil.copytree(ROOT / "spec", self.spec)
            self.xtask("draft", "--out", self.spec, *[page.resolve() for page in self.options.docs])
        self.xtask("regenerate", *self.drafts, "--spec", self.spec, "--out", self.generated)
        self.catalog = json.loads((self.generated / "catalog.json").read_text())
        self.operations = len(self.catalog["operations"])
        manifest = (self.generated / "Cargo.toml").read_text()
        features = re.search(r"\[features\]\n.*?(?=\n\[)", manifest, re.S)[0]
        self.services = json.loads(re.search(r"^full = (\[.*\])$", features, re.M)[1])
        runtime = f'flybook-runtime = {{ path = "{ROOT / "runtime"}", default-features = false, features = ["reqwest"] }}\n'
        text = PACKAGE.format(name="flybook") + f'[lib]\npath = "{self.generated / "src" / "lib.rs"}"\n\n{features}\n\n[dependencies]\n{runtime}'
        write(self.scratch / "crate" / "Cargo.toml", text)
        lock = self.scratch / "crate" / "Cargo.lock"
        if not lock.exists():
            shutil.copy(ROOT / "Cargo.lock", lock)
        print(f"{len(self.services)} services, {self.operations} operations, {len(self.catalog['types'])} types, {len(self.catalog['events'])} events")

    def check(self, folder, packages, *arguments, once_only=False):
        """A check of these packages; what rustc took for others does not count."""
        cwd, log = self.scratch / folder, self.scratch / "rustc.log"
        selected = [word for package in packages for word in ("--package", package)]
        wrapper = {"RUSTC_WRAPPER": str(BENCH / "scale_rustc.py"), "SCALE_LOG": str(log)}

        def once():
            run("cargo", "clean", "--quiet", *selected, cwd=cwd, target=self.target)
            log.unlink(missing_ok=True)
            whole = run("cargo", "check", "--quiet", *arguments, cwd=cwd, target=self.target, **wrapper)
            rows = [line.split() for line in log.read_text().splitlines()]
            own = [(float(cpu), float(memory)) for package, cpu, memory in rows if package in packages]
            return Run(sum(cpu for cpu, _ in own), whole.wall, max(memory for _, memory in own), "")

        return once() if once_only else least(once)

    def note(self, name, figure, unit, detail="", than=None, goal=None):
        """One line of the table, with the ratio to another figure or the goal itself."""
        self.figures[name] = figure
        line = f"{name:46} {figure:10.2f} {unit:8}"
        if than and self.figures.get(than):
            ratio = figure / self.figures[than]
            self.figures[f"{name} / {than}"] = ratio
            line += f" {ratio:6.3f} of {than}"
        line += f"  (goal {goal})" if goal else ""
        print(line + (f"  {detail}" if detail else ""), flush=True)

    def cpu_and_memory(self, name, measured, than=None, goal=None):
        self.note(f"{name}, CPU", measured.cpu, "CPU-s", than=than and f"{than}, CPU", goal=goal)
        self.note(f"{name}, memory", measured.memory, "MiB", than=than and f"{than}, memory")

    def crate(self):
        self.cpu_and_memory("check of everything", self.check("crate", ["flybook"], "--features", "full"))

    def against(self, other):
        """Everything of ours as a part of another figure."""
        for kind in ("CPU", "memory"):
            ours, theirs = (self.figures.get(f"{name}, {kind}") for name in ("check of everything", other))
            if ours and theirs:
                goal = "  (goal 0.25)" if kind == "CPU" else ""
                self.figures[f"check of everything / {other}, {kind}"] = ours / theirs
                print(f"    check of everything is {ours / theirs:.3f} of that, {kind}{goal}")

    def twin(self):
        serde = 'serde = { version = "1", features = ["derive"] }\nserde_json = "1"\n'
        write(self.scratch / "twin" / "Cargo.toml", PACKAGE.format(name="twin") + f"[dependencies]\n{serde}")
        write(self.scratch / "twin" / "src" / "lib.rs", scale_twin.source(self.catalog))
        self.cpu_and_memory("the same types with serde's derive", self.check("twin", ["twin"]))
        self.against("the same types with serde's derive")

    def peers(self):
        for peer, (version, prefix) in PEERS.items():
            manifest = self.scratch / peer / "Cargo.toml"
            uses = PACKAGE.format(name="uses-" + peer) + f'[dependencies]\n{peer} = {{ version = "={version}", features = [FEATURES] }}\n'
            write(self.scratch / peer / "src" / "lib.rs", "")
            if not manifest.exists():
                write(manifest, uses.replace("FEATURES", ""))
            metadata = ["cargo", "metadata", "--format-version", "1"]
            described = json.loads(subprocess.run(metadata, cwd=manifest.parent, capture_output=True, text=True, check=True).stdout)
            [package] = [package for package in described["packages"] if package["name"] == peer]
            features = ", ".join(json.dumps(feature) for feature in sorted(package["features"]) if feature != "default")
            write(manifest, uses.replace("FEATURES", features))
            described = json.loads(subprocess.run(metadata, cwd=manifest.parent, capture_output=True, text=True, check=True).stdout)
            own = sorted({package["name"] for package in described["packages"] if package["name"].startswith(prefix)})
            self.cpu_and_memory(f"{peer} {version}, all features", self.check(peer, own))
            self.against(f"{peer} {version}, all features")

    def services_alone(self):
        nothing = self.check("crate", ["flybook"]).cpu
        self.note("no service, the client alone", nothing, "CPU-s")
        costs = {service: self.check("crate", ["flybook"], "--features", service, once_only=True).cpu - nothing for service in self.services}
        worst = sorted(costs, key=costs.get, reverse=True)
        self.figures["services"] = costs
        self.note("one service over the runtime, at most", costs[worst[0]], "CPU-s", worst[0], goal="2")
        print("    " + ", ".join(f"{service} {costs[service]:.2f}" for service in worst[:8]))

    def generator(self):
        where = [*self.drafts, "--spec", self.spec, "--out", self.generated]
        for name, arguments in [("regenerate, warm", where), ("regenerate --check", ["--check", *where])]:
            runs = [self.xtask("regenerate", *arguments) for _ in range(5)]
            self.note(name, min(each.wall for each in runs), "s", f"{min(each.cpu for each in runs):.2f} CPU-s", goal="2")

    def progenitor(self):
        """Generation alone, both in release builds: reading, generating and formatting, no file written."""
        document = self.scratch / "openapi.json"
        self.xtask("openapi", *self.drafts, "--spec", self.spec, "--out", document)
        taken, dropped = scale_openapi.lowered(json.loads(document.read_text()))
        write(self.scratch / "openapi-3.0.json", json.dumps(taken, ensure_ascii=False))
        print("    for progenitor, OpenAPI 3.0.3 without " + ", ".join(f"{times} {what}" for what, times in dropped.items()))
        folder = self.scratch / "progenitor"
        dependencies = f'flybook-codegen = {{ path = "{ROOT / "codegen"}" }}\nopenapiv3 = "2"\nprettyplease = "0.2"\nprogenitor-impl = "0.15"\nserde_json = "1"\nsyn = "2"\n'
        write(folder / "Cargo.toml", PACKAGE.format(name="generators") + f"[dependencies]\n{dependencies}")
        write(folder / "src" / "bin" / "theirs.rs", THEIRS)
        write(folder / "src" / "bin" / "ours.rs", OURS)
        run("cargo", "build", "--quiet", "--release", cwd=folder, target=self.target)
        programs = self.target / "release"
        spec = self.spec
        if self.drafts:
            spec = self.scratch / "spec-stood-in"
            shutil.rmtree(spec, ignore_errors=True)
            for file in self.spec.rglob("*.yaml"):
                text = re.sub(r': ""$', ": To be written.", file.read_text(), flags=re.M).replace('doc: ""', "doc: To be written.")
                write(spec / file.relative_to(self.spec), text)
        for name, program, what in [("progenitor", "theirs", self.scratch / "openapi-3.0.json"), ("ours, release", "ours", spec)]:
            runs = [json.loads(run(programs / program, what, cwd=folder, capture=True).output.splitlines()[-1]) for _ in range(3)]
            best = min(runs, key=lambda each: each["seconds"])
            than = {"than": "progenitor, generation", "goal": "0.2"} if program == "ours" else {}
            self.note(f"{name}, generation", best["seconds"], "s", f"{best['lines']} lines", **than)

    def lines(self):
        files = {file: file.read_text().count("\n") for file in (self.generated / "src").rglob("*.rs")}
        self.note("lines of generated code", sum(files.values()), "lines")
        self.note("lines for each operation", sum(files.values()) / self.operations, "lines", goal="120")
        largest = sorted(files, key=files.get, reverse=True)[:6]
        print("    " + ", ".join(f"{file.relative_to(self.generated / 'src')} {files[file]}" for file in largest))

    def docs(self):
        cwd = self.scratch / "crate"
        command = ["cargo", "doc", "--quiet", "--no-deps", "--features", "full"]
        run("cargo", "check", "--quiet", "--features", "full", cwd=cwd, target=self.target)
        (self.generated / "src" / "lib.rs").touch()
        measured = run(*command, cwd=cwd, target=self.target, capture=True)
        warnings = len(re.findall(r"^warning: (?!`flybook`)", measured.output, re.M))
        self.cpu_and_memory("rustdoc of everything", measured)
        self.note("its warnings", warnings, "", goal="0")


OURS = """//! Generates our crate from a spec in memory, and says how long that took.

use std::{fs, path::{Path, PathBuf}, time::Instant};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn main() {
    let root = PathBuf::from(std::env::args().nth(1).unwrap());
    let start = Instant::now();
    let mut found = Vec::new();
    files(&root, &mut found);
    let texts = found.iter().filter(|path| path.extension().is_some_and(|kind| kind == "yaml"));
    let sources = texts.map(|path| (path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())).collect();
    let output = flybook_codegen::generate(&sources).expect("a spec without mistakes");
    let seconds = start.elapsed().as_secs_f64();
    let lines: usize = output.files.iter().filter(|(path, _)| path.ends_with(".rs")).map(|(_, text)| text.lines().count()).sum();
    println!("{{\\"seconds\\": {seconds}, \\"lines\\": {lines}}}");
}
"""

THEIRS = """//! Generates a crate with progenitor from an OpenAPI document, and says how long that took.

use std::{fs, time::Instant};

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let start = Instant::now();
    let document: openapiv3::OpenAPI = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut generator = progenitor_impl::Generator::default();
    let tokens = generator.generate_tokens(&document).unwrap();
    let text = prettyplease::unparse(&syn::parse2(tokens).unwrap());
    let seconds = start.elapsed().as_secs_f64();
    println!("{{\\"seconds\\": {seconds}, \\"lines\\": {}}}", text.lines().count());
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--docs", type=Path, nargs="+")
    parser.add_argument("--spec", type=Path)
    parser.add_argument("--drafts", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.docs and not options.spec:
        parser.error("give --docs or --spec")
    scale = Scale(options)
    measures = {
        "lines": scale.lines,
        "generator": scale.generator,
        "crate": scale.crate,
        "services": scale.services_alone,
        "docs": scale.docs,
        "twin": scale.twin,
        "progenitor": scale.progenitor,
        "peers": scale.peers,
    }
    wanted = [name for name in options.only.split(",") if name] or list(measures)
    scale.prepare()
    for name in wanted:
        measures[name]()
    if options.json:
        options.json.write_text(json.dumps(scale.figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
