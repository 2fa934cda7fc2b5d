"""`python -m pilotfish.trainers --tenant T [--json]`: one training, now.

With `--when-told` it loads what a training needs, and waits for a line with the tenant.

Exit status: 0 promoted or refused, 75 another training of the tenant runs, 69 the extra
`train` is not installed, 1 failed.
With several GPUs: `torchrun --nproc-per-node N -m pilotfish.trainers --tenant T`; the
first process reads, judges and writes, the followers share its LoRA steps.
"""

import argparse
import json
import os
import sys
from contextlib import redirect_stdout

import structlog

from pilotfish.runtime.service.logs import configure
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError, TrainingBusyError
from pilotfish.trainers.quiet import QUIET
from pilotfish.trainers.record import Row
from pilotfish.trainers.training_packages import training_packages, trainings_off

_LOG = structlog.get_logger(service="trainers")


def main() -> int:
    """Run the training that the command line and the environment describe."""
    parser = argparse.ArgumentParser(prog="python -m pilotfish.trainers")
    parser.add_argument("--tenant", default="", help="the tenant to train for")
    parser.add_argument(
        "--when-told",
        action="store_true",
        help="load everything, then read the tenant from standard input",
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    arguments = parser.parse_args()
    settings = Settings()
    off = trainings_off()
    if off:  # before there is a record of a training
        if not arguments.when_told:
            print(off, file=sys.stderr)  # noqa: T201 - a command's own output
        return os.EX_UNAVAILABLE
    configure("trainers")
    _be_quiet_and_offline()
    if os.environ.get("RANK", "0") != "0":
        return _run_follower(settings)
    try:
        tenant = arguments.tenant or settings.tenant
        row = _train(settings, None if arguments.when_told else tenant)
    except TrainingBusyError as busy:
        print(busy, file=sys.stderr)  # noqa: T201 - a command's own output
        return os.EX_TEMPFAIL
    except PilotfishError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's own output
        return 1
    if row is not None:
        _print_verdict(row, as_json=arguments.json)
    return os.EX_OK


def _train(settings: Settings, tenant: str | None) -> Row | None:
    """Train a tenant, or the one that is told; None if whoever would tell is gone."""
    # DeepSpeed logs to stdout, which carries only the verdict.
    with redirect_stdout(sys.stderr):
        tenant = _told() if tenant is None else tenant
        if not tenant:
            return None
        from pilotfish.trainers.train import train

        row = train(settings, tenant)
        if not row.metrics:
            _release_followers()
        return row


def _told() -> str:
    """Return the tenant once it is said; nothing if whoever started this is gone."""
    with training_packages("a training"):
        import pilotfish.trainers.learn  # noqa: F401 - before there is something to learn
    _LOG.info("loaded")
    return sys.stdin.readline().strip()


def _run_follower(settings: Settings) -> int:
    # After the environment is set: transformers reads it on import.
    with training_packages("a training"):
        from pilotfish.trainers.base_models import load_base
        from pilotfish.trainers.loop import run_follower

    base = load_base(settings.base_model)
    run_follower(base.embedder, base.tokenizer)
    return 0


def _print_verdict(row: Row, as_json: bool) -> None:
    verdict = {
        "training_id": row.training_id,
        "verdict": row.verdict,
        "version": row.version,
        "reason": row.reason,
        "metrics": row.metrics,
    }
    line = json.dumps(verdict) if as_json else f"{row.verdict}: {row.reason}"
    print(line)  # noqa: T201 - a command's own output


def _release_followers() -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        from pilotfish.trainers.loop import release_followers

        release_followers()


def _be_quiet_and_offline() -> None:
    os.nice(5)  # agents and the advisor have priority
    os.environ.update(QUIET)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Python would take a second to free what torch has loaded, object by object.
    os._exit(status)
