from pathlib import Path

from support.exports import DATA, NOW, read, written

from pilotfish.schemas.imports.openai_chat import FORMAT
from pilotfish.schemas.prices import Tokens, cost


def test_conversations_are_attempts() -> None:
    attempts, told = read(FORMAT, DATA / "openai_chat.jsonl")
    assert [a.start.problem for a in attempts] == [
        "What is 2+2?",
        "Weather in Rome?\n[image_url]",
        "Hello",
    ]
    assert attempts[1].story() == [
        ("action", "get_weather", '{"city": "Rome"}'),
        ("observation", "get_weather", "sunny"),
        ("answer", "answer", "Sunny."),
    ]
    assert [a.end and a.end.status for a in attempts] == ["unknown"] * 3
    assert told == [
        "2 values left out or mended: there is no time: that of the import is "
        "taken (2, the first is line 1)",
        "not read: field tools (1, the first is line 2); field parallel_tool_calls (1, "
        "the first is line 2)",
    ]


def test_a_response_has_model_tokens_time_and_user() -> None:
    attempt = read(FORMAT, DATA / "openai_chat.jsonl")[0][2]
    assert attempt.start.agent.model == "gpt-5.5-2026-08"
    assert attempt.start.attributes["user.id"] == "ada"
    assert (attempt.tokens, attempt.start.at.year) == (12, 2026)
    assert attempt.start.at < NOW


def test_later_turns_of_the_user_are_observations(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?", "reasoning_content": "A greeting."},
        {"role": "user", "content": "Bye"},
        {"role": "assistant", "content": "Bye."},
    ]
    [attempt], _ = read(FORMAT, written(tmp_path / "c.jsonl", [{"messages": messages}]))
    assert attempt.story() == [
        ("thought", "thought", "A greeting."),
        ("thought", "thought", "Yes?"),
        ("observation", "user", "Bye"),
        ("answer", "answer", "Bye."),
    ]


def test_equal_conversations_are_one_and_numbered_rows_of_two_files_are_not(
    tmp_path: Path,
) -> None:
    def row(number: int, said: str) -> dict[str, object]:
        return {"id": number, "messages": [{"role": "user", "content": said}]}

    first, _ = read(FORMAT, written(tmp_path / "a.jsonl", [row(0, "a"), row(0, "a")]))
    other, _ = read(FORMAT, written(tmp_path / "b.jsonl", [row(0, "b")]))
    assert len({a.start.attempt_id for a in first}) == 1
    assert other[0].start.attempt_id != first[0].start.attempt_id


def test_a_completion_costs_the_list_price(tmp_path: Path) -> None:
    details = {"cached_tokens": 800}
    usage = {"prompt_tokens": 1000, "completion_tokens": 50}
    record = {
        "messages": [{"role": "user", "content": "How much?"}],
        "choices": [{"message": {"role": "assistant", "content": "3"}}],
        "model": "gpt-4o-mini",
        "usage": {**usage, "total_tokens": 1050, "prompt_tokens_details": details},
    }
    [attempt], _ = read(FORMAT, written(tmp_path / "c.jsonl", [record]))
    assert attempt.cost == cost("gpt-4o-mini", Tokens(1000, 50, 800)) > 0
    assert attempt.tokens == 1050
