"""Runs each client's script against an embedded ClickHouse: `make clients`.

Needs go, java with mvn, node with npm, and their registries.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports

HERE = Path(__file__).parent
STEPS = {
    "go": "go mod tidy && go run . {address}",
    "java": "mvn -q -B compile dependency:build-classpath -Dmdep.outputFile=classpath"
    " && java -cp target/classes:$(cat classpath) Main {address}",
    "node": "npm install --no-audit --no-fund && node main.mjs {address}",
    "python": "{python} -m venv venv"
    " && venv/bin/pip install -q sqlalchemy 'clickhouse-connect[async]'"
    " && venv/bin/python python_client.py {address}",
}


def run(name: str, address: str, folder: Path) -> bool:
    """Run a client's script in a copy of its folder; return whether it passed."""
    where = folder / name
    if name == "python":
        where.mkdir()
        shutil.copy(HERE / "python_client.py", where)
    else:
        shutil.copytree(HERE / name, where)
    command = STEPS[name].format(address=address, python=sys.executable)
    done = subprocess.run(
        command, shell=True, cwd=where, capture_output=True, text=True, check=False
    )
    outcome = "passed" if done.returncode == 0 else f"failed\n{done.stderr[-3000:]}"
    print(name, outcome)  # noqa: T201 - for whoever ran it
    return done.returncode == 0


def main() -> int:
    """Run all scripts, or those named."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedClickHouse(Path(folder) / "data", free_ports(1)[0]) as gateway,
    ):
        address = gateway.url.removeprefix("http://")
        passed = [run(n, address, Path(folder)) for n in sys.argv[1:] or STEPS]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
