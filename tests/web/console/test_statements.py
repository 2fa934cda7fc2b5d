"""The pages' files: each has its SQL and its template, and neither is too long."""

from pathlib import Path

import pytest

from pilotfish.web.console.page import Page
from pilotfish.web.console.routes import PAGES
from pilotfish.web.console.statements import statements, text

FOLDER = Path(__file__).parents[3] / "web" / "console"


def test_statements_are_read_by_their_names() -> None:
    assert list(statements("kind")) == ["playbook", "examples"]
    assert all(sql.startswith("SELECT") for sql in statements("kind").values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_statement_reads_one_tenant_only(page: Page) -> None:
    for name, sql in statements(page.name).items():
        assert "{tenant:String}" in sql, name
        assert ";" not in sql, name
    assert "{tenant:String}" in text(page.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_is_longer_than_400_lines(page: Page) -> None:
    template = (FOLDER / "templates" / f"{page.name}.html").read_text()
    assert len(template.splitlines()) + len(text(page.name).splitlines()) <= 400
