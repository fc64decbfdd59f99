"""The whole store path on MongoDB beside a plain program on libmongoc's pool: the same read, in turn, in one run."""
from common import BUILD, ROOT, row, run_json

import mongo

mongo.PROGRAM = str(ROOT / "build" / "release" / "tests" / "fake_mongod")


def run():
    rows = []
    with mongo.FakeMongod() as server:
        for threads, delay_ms, target in ((1, 0, 0.90), (8, 0, 0.90), (48, 1, 0.95)):
            fault = server.tell({"fault": {"command": "find", "delayMS": delay_ms}})["id"] if delay_ms else None
            one = run_json([BUILD / "store_bench", server.uri(""), threads])
            if fault is not None:
                server.tell({"removeFault": fault})
            what = f"source by id, {threads} at once" + (f", server delay {delay_ms} ms" if delay_ms else "") + ", share of a plain program"
            rows.append(row(what, one["ratio"], f">= {target}", one["ratio"] >= target, **one))
    return rows
