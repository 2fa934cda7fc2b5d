"""What the tools of the Model Context Protocol take and give."""

from typing import NamedTuple

from pydantic import BaseModel, Field


class Advised(BaseModel):
    """The answer of `advise`: an approach and a sentence about it, or why there is none.

    `approaches` are the choices; without any, `approach` is a strategy that was found, or
    of `next_move` a move.
    """

    attempt_id: str
    approach: str | None
    text: str
    confidence: float | None
    abstained: str | None
    detail: str
    approaches: list[str]


class Call(BaseModel):
    """A call of a tool that the model made, with the arguments as text."""

    tool: str = Field(min_length=1)
    arguments: str = ""


class Outcome(NamedTuple):
    """How an attempt went; `approach` is empty where it is the advised one, or unknown."""

    attempt_id: str
    success: bool
    detail: str
    approach: str


class AttemptSoFar(NamedTuple):
    """An attempt that `advise` began, and its problem as it was given there."""

    attempt_id: str
    problem: str
    problem_type: str
