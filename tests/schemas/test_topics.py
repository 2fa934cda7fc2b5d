import subprocess
from datetime import timedelta
from pathlib import Path

from pilotfish.schemas.topics import ADVISORS, EVENTS, LABELS, STRATEGIES, TOPICS

ROOT = Path(__file__).parents[2]


def test_names_are_unique_and_have_the_prefix() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("pilotfish.") for name in names)


def test_no_message_belongs_to_two_topics() -> None:
    kinds = [kind for topic in TOPICS for kind in topic.messages]
    assert len(set(kinds)) == len(kinds)


def test_events_and_labels_have_equally_many_partitions() -> None:
    assert EVENTS.partitions == LABELS.partitions


def test_only_what_is_in_service_and_offered_is_compacted() -> None:
    compacted = [topic for topic in TOPICS if topic.keep == "compacted"]
    assert compacted == [ADVISORS, STRATEGIES]
    assert EVENTS.keep == LABELS.keep == timedelta(days=30)


def test_no_other_code_spells_a_topic_s_name() -> None:
    folders = [
        "schemas",
        "streams",
        "consumers",
        "trainers",
        "advisors",
        "infra",
        "traces",
        "web",
    ]
    for topic in TOPICS:
        files = subprocess.run(
            ["grep", "-rlF", "--include=*.py", f'"{topic.name}"', *folders, "src"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()
        assert files == ["schemas/topics.py"]
