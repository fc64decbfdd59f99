#!/usr/bin/env python3
"""Fails when an include of src/ points to a folder that cmake/layers.txt does not allow.

Also fails on heavy third-party headers outside the .cpp files that may hold them, and on headers nobody includes.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
# Third-party headers by prefix, and the folders whose files may name them.
HEAVY = {
    "boost/beast": {"http", "llm", "net", "cli", "runtime"},
    "onnxruntime": {"embed"},
    "sqlite3.h": {"store/sqlite"},
    "cmark": {"text"},
    "libstemmer.h": {"text"},
    "utf8proc.h": {"text", "embed", "rag"},
    "mongoc": {"mongo/driver", "store/mongo"},
    "bson": {"mongo/driver", "store/mongo"},
    "prometheus/": {"obs"},
    "spdlog/": {"obs"},
    "CLI/": {"cli", "config"},
    "toml++": {"config"},
}


# What makes connections to MongoDB, and the one folder that may: nothing else can open one beside the pools.
CONNECTS = re.compile(r"\bmongoc_client(_pool)?_new\w*")
MAY_CONNECT = "mongo/driver"


def layer_table():
    table = {}
    for line in (ROOT / "cmake/layers.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, allowed = line.split(":")
            table[name.strip()] = set(allowed.split())
    return table


def room_of(path, table):
    parts = pathlib.PurePosixPath(path).parts
    for depth in (2, 1):
        name = "/".join(parts[:depth])
        if len(parts) > depth and name in table:
            return name
    return None


def check(src=SRC, table=None):
    table = table or layer_table()
    problems, included = [], set()
    files = sorted(p for p in src.rglob("*") if p.suffix in (".hpp", ".cpp"))
    for path in files:
        relative = path.relative_to(src).as_posix()
        room = room_of(relative, table)
        if room is None:
            problems.append(f"src/{relative}: its folder is not in cmake/layers.txt")
            continue
        text = path.read_text()
        for quote, target in INCLUDE.findall(text):
            if quote == '"':
                included.add(target)
                other = room_of(target, table)
                if other is None:
                    if not target.startswith("web_assets"):
                        problems.append(f'src/{relative}: includes "{target}", which is in no folder of ours')
                elif other != room and other not in table[room]:
                    problems.append(f'src/{relative}: {room} may not include {other} ("{target}")')
            else:
                for prefix, rooms in HEAVY.items():
                    if target.startswith(prefix) and room not in rooms:
                        problems.append(f"src/{relative}: <{target}> belongs to {', '.join(sorted(rooms))}")
        if room != MAY_CONNECT and (made := CONNECTS.search(text)):
            problems.append(f"src/{relative}: {made.group()} belongs to {MAY_CONNECT}: connections come from its pools")
    for path in files:
        relative = path.relative_to(src).as_posix()
        if path.suffix == ".hpp" and relative not in included:
            problems.append(f"src/{relative}: nobody includes this header")
    return problems


if __name__ == "__main__":
    found = check()
    print("\n".join(found) if found else "layers: every include points down")
    sys.exit(1 if found else 0)
