"""What clickhouse-connect does with its defaults: python python_client.py HOST:PORT."""

import asyncio
import sys
import threading
import time

import clickhouse_connect
import sqlalchemy  # pyright: ignore[reportMissingImports] - only there
from clickhouse_connect.driver.exceptions import DatabaseError

HOST, _, PORT = sys.argv[1].partition(":")
TABLE = "CREATE TABLE {} (a UInt32, s String) ENGINE = MergeTree ORDER BY a"
ENDLESS = "SELECT count() FROM numbers(1e15)"


def sync() -> None:
    client = clickhouse_connect.get_client(host=HOST, port=int(PORT))
    client.command("DROP TABLE IF EXISTS sync_client")
    client.command(TABLE.format("sync_client"))
    client.insert("sync_client", [[n, f"it's /{n}"] for n in range(1000)], ["a", "s"])
    assert len(client.query("SELECT * FROM sync_client").result_rows) == 1000
    client.command("CREATE TEMPORARY TABLE mine AS SELECT 1 AS a")
    assert client.command("SELECT a FROM mine") == 1
    with client.query_row_block_stream("SELECT number FROM numbers(1000000)") as rows:
        assert sum(len(block) for block in rows) == 1_000_000
    killer = threading.Thread(target=kill, args=("to-be-killed",))
    killer.start()
    try:
        client.query(ENDLESS, settings={"query_id": "to-be-killed"})
    except DatabaseError as error:
        assert "Code: 394" in str(error)  # noqa: PT017 - no pytest here
    else:
        raise AssertionError("it was not cancelled")
    killer.join()
    client.close()


def kill(query_id: str) -> None:
    time.sleep(1)
    with clickhouse_connect.get_client(host=HOST, port=int(PORT)) as other:
        other.command(f"KILL QUERY WHERE query_id = '{query_id}'")


async def asynchronous() -> None:
    client = await clickhouse_connect.get_async_client(host=HOST, port=int(PORT))
    await client.command("DROP TABLE IF EXISTS async_client")
    await client.command(TABLE.format("async_client"))
    await client.insert("async_client", [[1, "x"], [2, "y"]], ["a", "s"])
    assert len((await client.query("SELECT * FROM async_client")).result_rows) == 2
    many = await client.query("SELECT number FROM numbers(1000000)")
    assert len(many.result_rows) == 1_000_000
    await client.close()


def dialect() -> None:
    engine = sqlalchemy.create_engine(f"clickhousedb://default:@{HOST}:{PORT}/default")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE IF EXISTS dialect_client"))
        connection.execute(sqlalchemy.text(TABLE.format("dialect_client")))
        inspector = sqlalchemy.inspect(engine)
        assert "dialect_client" in inspector.get_table_names()
        assert [c["name"] for c in inspector.get_columns("dialect_client")] == [
            "a",
            "s",
        ]
        table = sqlalchemy.Table(
            "dialect_client", sqlalchemy.MetaData(), autoload_with=engine
        )
        connection.execute(table.insert(), [{"a": 1, "s": "x"}, {"a": 2, "s": "y"}])
        count = sqlalchemy.select(sqlalchemy.func.count()).select_from(table)
        assert connection.execute(count).scalar() == 2


sync()
asyncio.run(asynchronous())
dialect()
