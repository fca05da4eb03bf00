"""The common way in Python: websockets, json, and psycopg2's execute_values in batches of a thousand.

Takes so many frames from a stream into `trades` and prints the rows a second. No gap rule, no cursor, no rejects.
"""

import asyncio
import json
import os
import time
from datetime import datetime, timezone

import psycopg2
from psycopg2.extras import execute_values
from websockets.asyncio.client import connect

BATCH = 1000
INSERT = """INSERT INTO trades (symbol_id, agg_id, time, price, qty, fills, buyer_is_maker)
            VALUES %s ON CONFLICT DO NOTHING"""


def row(ids, frame):
    trade = json.loads(frame)["data"]
    return (
        ids[trade["s"]],
        trade["a"],
        datetime.fromtimestamp(trade["T"] / 1000, timezone.utc),
        float(trade["p"]),
        float(trade["q"]),
        trade["l"] - trade["f"] + 1,
        trade["m"],
    )


async def main():
    ids = json.loads(os.environ["SYMBOL_IDS"])
    frames = int(os.environ["FRAMES"])
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    cursor = connection.cursor()
    rows, stored, started = [], 0, None
    async with connect(os.environ["WS_URL"], compression=None) as stream:
        async for frame in stream:
            started = started or time.perf_counter()
            rows.append(row(ids, frame))
            if len(rows) == BATCH or stored + len(rows) == frames:
                execute_values(cursor, INSERT, rows, page_size=BATCH)
                connection.commit()
                stored += len(rows)
                rows.clear()
                if stored == frames:
                    break
    print(stored / (time.perf_counter() - started))


asyncio.run(main())
