"""Data directories of a known size, made once by the product's own import and kept under .cache/bench."""
import json
import shutil
import subprocess

from common import BINARY, DATA, ROOT

CACHE = ROOT / ".cache" / "bench"


def passages():
    """Passages of about a hundred words, each one chunk, from the SciFact abstracts."""
    with open(DATA / "scifact" / "corpus.jsonl") as corpus:
        for line in corpus:
            row = json.loads(line)
            words = row["text"].split()
            for part in range(0, max(1, len(words) - 20), 100):
                yield {"id": f"{row['id']}-{part}", "title": row["title"][:80], "text": " ".join(words[part:part + 100])}


def repeated_passages():
    """As passages(), for ever; each round is told apart by a word of its own."""
    turn = 0
    while True:
        for row in passages():
            yield row if turn == 0 else {**row, "id": f"{row['id']}-{turn}", "text": f"{row['text']} round{turn}"}
        turn += 1


def data_dir(chunks, *flags):
    """A data directory with exactly `chunks` chunks; `flags` as for `wellspring import`."""
    name = f"{chunks}" + "".join(flag.replace("--", "-") for flag in flags)
    folder = CACHE / name
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = folder / "rows.jsonl"
    with open(rows, "w") as out:
        for _, row in zip(range(chunks), repeated_passages()):
            out.write(json.dumps(row) + "\n")
    subprocess.run([BINARY, "import", rows, "--data-dir", folder / "data", "--log-level", "warning", *flags], check=True)
    rows.unlink()
    (folder / "done").touch()
    return folder


def queries():
    with open(DATA / "scifact" / "queries.jsonl") as lines:
        return [json.loads(line)["text"] for line in lines]
