"""Row policies on a real engine: parsed as DDL, and enforced from users.xml.

chDB has no users to create. So a second start of the same folder has the policies' own
conditions and rights in its users.xml, which ClickHouse enforces by the same code.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ports import free_ports
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.provision import row_policies
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.row_policies import RELATIONS, condition
from pilotfish.infra.sql import split
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

VIEWS = {
    "attempts_current",
    "drift",
    "grouped_attempts",
    "hint_lift",
    "learning_curve",
    "memory_current",
    "playbook_current",
    "strategies_current",
    "strategy_adherence",
    "success_by_approach",
    "success_by_strategy",
    "window_counts",
}
TENANTS = ["acme", "ACME", "acme2", "o'\\`\" OR 1 <&>\n;", "", "über"]
ROWS = {
    "events": "(tenant, at) SELECT t, now()",
    "hints": "(tenant, at) SELECT t, now()",
    "dead_letters": "(tenant, at, key, topic) SELECT t, now(), t, t",
    "spans": "(tenant, at) SELECT t, now()",
    "trainings": "(tenant) SELECT t",
    "label_models": "(tenant) SELECT t",
    "forgotten": "(tenant) SELECT t",
    "clusters": "(tenant) SELECT t",
    "groups": "(tenant) SELECT t",
    "playbook": "(tenant) SELECT t",
    "strategies": "(tenant, strategy) SELECT t, 's'",
    "strategy_patterns": "(tenant) SELECT t",
    "window_counts_by_partition": "(tenant, attempts) SELECT t, 1",
    "memory": "(tenant, attempt_id, embedding)"
    " SELECT t, toString(number), arrayResize([1.0], 384, 0.0)",
    # Enough for every view: two arms, and more than the newest 200.
    "attempts": "(tenant, attempt_id, version, p_success, approach, hint_request_id,"
    " hint_approach, hint_holdout)"
    " SELECT t, toString(number), 1, 1, 'a', 'r', 's', number % 2",
}
READER = """
import json, os, sys
from pathlib import Path
from pilotfish.infra.embedded.clickhouse import chdb_engine
from pilotfish.infra.embedded.clickhouse.statement import parse

data, users, questions = json.load(sys.stdin)
written = chdb_engine._configure

def configure(folder):
    server = written(folder)
    (folder / "users.xml").write_text(users)
    return server

chdb_engine._configure = configure
engine = chdb_engine.Engine(Path(data))

def answer(sql):
    request = chdb_engine.Request(parse(sql.encode()), format="JSONCompactEachRow")
    try:
        rows = engine.run(request).body.decode().splitlines()
        return [json.loads(row)[0] for row in rows]
    except chdb_engine.EngineError as error:
        return error.code

print(json.dumps([answer(sql) for sql in questions]), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of ClickHouse in which every tenant has rows everywhere."""
    folder = tmp_path_factory.mktemp("policies") / "data"
    with EmbeddedClickHouse(folder, free_ports(1)[0]) as gateway:
        clickhouse = ClickHouse(Settings(clickhouse=gateway.url))
        migrate(clickhouse)
        for tenant in TENANTS:
            for table, columns in ROWS.items():
                clickhouse.command(
                    f"INSERT INTO {table} {columns} FROM"
                    " (SELECT {t:String} AS t, number FROM numbers(202))",
                    {"t": tenant},
                )
        for relation in RELATIONS:
            rows = clickhouse.query(f"SELECT DISTINCT tenant FROM {relation}")
            assert {tenant for (tenant,) in rows} == set(TENANTS)
        clickhouse.close()
    return folder


def users(tenant: str, relations: Sequence[str] = RELATIONS) -> str:
    """Return users.xml in which the one user is a tenant's reader."""
    filters, grants = "", ""
    for statement in row_policies.row_policies(tenant):
        place = re.search(r" ON (`default`\.`(\w+)`)", statement)
        used = re.search(r" USING (.*) TO `", statement, re.DOTALL)
        if used and place and place[2] in relations:
            filters += f"<{place[2]}><filter>{escape(used[1])}</filter></{place[2]}>"
        elif place and statement.startswith("GRANT SELECT"):
            grants += f"<query>GRANT SELECT ON {place[1]}</query>"
    return f"""<clickhouse><profiles><default/></profiles><quotas><default/></quotas>
        <users><default><password></password><networks><ip>::/0</ip></networks>
        <profile>default</profile><quota>default</quota><grants>{grants}</grants>
        <databases><default>{filters}</default></databases></default></users>
        </clickhouse>"""


def answers(data: Path, configuration: str, questions: Sequence[str]) -> list[object]:
    """Ask as this configuration's user; a refusal is its code."""
    completed = subprocess.run(
        [sys.executable, "-c", READER],
        input=json.dumps([str(data), configuration, questions]),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(completed.stdout))


@pytest.mark.parametrize("tenant", [t for t in TENANTS if t], ids=repr)
def test_a_reader_sees_one_tenant_in_every_table_and_view(
    data: Path, tenant: str
) -> None:
    questions = [f"SELECT DISTINCT tenant FROM {relation}" for relation in RELATIONS]
    rows = answers(data, users(tenant), questions)
    assert dict(zip(RELATIONS, rows, strict=True)) == {
        relation: [tenant] for relation in RELATIONS
    }


def test_no_statement_reveals_rows_of_other_tenants(data: Path) -> None:
    results = {
        "SELECT uniqExact(tenant) FROM merge('default', '.*')": [1],
        "SELECT count() FROM trainings": [1],
        "SELECT max(tenant) FROM hints": ["acme"],
        "SELECT throwIf(tenant = 'über') FROM trainings": [0],
        "SELECT DISTINCT h.tenant FROM numbers(2) n LEFT JOIN hints h ON true": [
            "acme"
        ],
        "SELECT DISTINCT tenant FROM events FINAL WHERE tenant = 'ACME' OR 1": ["acme"],
        "SELECT 1 FROM mergeTreeIndex('default', 'hints')": 497,
        "SELECT name FROM schema_migrations": 497,
        "SELECT query FROM system.query_log": 60,
        "SELECT name FROM system.row_policies": 497,
        "INSERT INTO hints (tenant) SELECT 'acme'": 497,
        "ALTER TABLE hints DELETE WHERE true": 497,
        "CREATE TABLE copy ENGINE = Memory AS SELECT * FROM hints": 497,
    }
    rows = answers(data, users("acme"), list(results))
    assert dict(zip(results, rows, strict=True)) == results


def test_a_view_s_own_policy_holds_where_those_of_its_tables_do_not(data: Path) -> None:
    views = sorted(VIEWS)
    questions = [f"SELECT DISTINCT tenant FROM {name}" for name in [*views, "attempts"]]
    *shown, table = answers(data, users("acme", views), questions)
    assert shown == [["acme"]] * len(VIEWS)
    assert isinstance(table, list) and set(table) == set(TENANTS)


def test_every_table_and_view_with_a_tenant_is_covered(servers: Settings) -> None:
    rows = ClickHouse(servers).query(
        "SELECT table FROM system.columns"
        " WHERE database = currentDatabase() AND name = 'tenant'"
    )
    assert sorted(table for (table,) in rows) == list(RELATIONS)
    policies = row_policies.row_policies("t")
    for relation in RELATIONS:
        assert sum(f"`{relation}` USING" in policy for policy in policies) == 1
        assert f"GRANT SELECT ON `default`.`{relation}` TO `pilotfish_reader_t`" in (
            policies
        )


def test_views_read_with_the_caller_s_rights(servers: Settings) -> None:
    rows = ClickHouse(servers).query(
        "SELECT name, create_table_query LIKE '%SQL SECURITY%' FROM system.tables"
        " WHERE database = currentDatabase() AND engine = 'View'"
    )
    assert dict(rows) == dict.fromkeys(VIEWS, 0)


def test_policies_come_before_grants() -> None:
    verbs = [statement.split()[:2] for statement in row_policies.row_policies("t")]
    count = len(RELATIONS)
    assert verbs == [
        ["CREATE", "ROLE"],
        *[["CREATE", "ROW"]] * count,
        *[["GRANT", "SELECT"]] * count,
    ]


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | (
    st.text("'`\\\"; \n-/*ab", min_size=1, max_size=8)
)


@given(NAMES, NAMES)
def test_any_name_stays_a_name(tenant: str, other: str) -> None:
    statements = row_policies.row_policies(tenant, other)
    script = "".join(f"{statement};\n" for statement in statements)
    assert split(script) == statements


@given(NAMES, NAMES)
def test_clickhouse_reads_any_name_as_it_is(
    servers: Settings, tenant: str, other: str
) -> None:
    clickhouse = ClickHouse(servers)
    for statement in row_policies.row_policies(tenant, other)[:: len(RELATIONS)]:
        assert clickhouse.query("SELECT formatQuery({s:String})", {"s": statement})
    rows = clickhouse.query(
        "SELECT groupArray(tenant) FROM (SELECT arrayJoin({names:Array(String)})"
        f" AS tenant) WHERE {condition(tenant)}",
        {"names": [tenant, *({other, tenant + other, ""} - {tenant})]},
    )
    assert rows == [([tenant],)]
    clickhouse.close()


def test_the_command_prints_statements_for_a_client(
    servers: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_CLICKHOUSE_DATABASE", "learned")
    result = CliRunner().invoke(app, ["policies", "acme"])
    assert result.exit_code == 0
    statements = split(result.output)
    assert statements == row_policies.row_policies("acme", "learned")
    clickhouse = ClickHouse(servers)
    assert all(clickhouse.query(f"EXPLAIN AST {text}") for text in statements)


def test_an_empty_tenant_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="tenant is empty"):
        row_policies.row_policies("")
