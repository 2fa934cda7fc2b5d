"""The spans of a trace as a tree."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pilotfish.traces.operation import Operation
from pilotfish.traces.span import Span


@dataclass(eq=False, slots=True)
class Node:
    """An operation and those it consists of, by their start."""

    operation: Operation
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)

    @property
    def span(self) -> Span:
        """The span it was exported as."""
        return self.operation.span

    def subtree(self) -> Iterator["Node"]:
        """Yield the node and all below it: parents before children, by their start."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def tops_of(spans: Iterable[Span]) -> list[Node]:
    """Return the topmost nodes of a trace: its root, if it is there, then by their start.

    Of a span that came more than once, the copy that ends last counts. A span whose
    parent is not there is a topmost one; spans that are each other's parents begin with
    the earliest of them.
    """
    nodes = {span.span_id: Node(Operation(span)) for span in _copies_apart(spans)}
    tops = [node for node in nodes.values() if not _link(node, nodes)]
    reached = {id(node) for top in tops for node in top.subtree()}
    for node in nodes.values():
        if id(node) not in reached:
            _cut_off(node)
            tops.append(node)
            reached.update(id(below) for below in node.subtree())
    return sorted(tops, key=_roots_first)


def _copies_apart(spans: Iterable[Span]) -> list[Span]:
    latest: dict[str, Span] = {}
    for span in spans:
        known = latest.get(span.span_id)
        if known is None or (known != span and _version(known) < _version(span)):
            latest[span.span_id] = span
    return sorted(latest.values(), key=_by_start)


def _version(span: Span) -> tuple[int, str]:
    return span.end_us, repr(span)


def _link(node: Node, nodes: dict[str, Node]) -> bool:
    """Put a node below its parent; return whether that is there."""
    parent = nodes.get(node.span.parent_id)
    if parent is None or parent is node:
        return False
    node.parent = parent
    parent.children.append(node)
    return True


def _cut_off(node: Node) -> None:
    assert node.parent is not None
    node.parent.children.remove(node)
    node.parent = None


def _by_start(span: Span) -> tuple[int, str]:
    return span.start_us, span.span_id


def _roots_first(node: Node) -> tuple[bool, tuple[int, str]]:
    return bool(node.span.parent_id), _by_start(node.span)
