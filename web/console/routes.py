"""The console's addresses."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pilotfish.web.console.advisors import ADVISORS
from pilotfish.web.console.attempt import ATTEMPT
from pilotfish.web.console.help import HELP
from pilotfish.web.console.hint import HINT
from pilotfish.web.console.page import Page, Pages
from pilotfish.web.console.reading import Reading
from pilotfish.web.console.works import KIND, WORKS
from pilotfish.web.entry import PAGES as PREFIX

PAGES: Final[tuple[Page, ...]] = (HELP, WORKS, ADVISORS, KIND, ATTEMPT, HINT)

_STATIC: Final = Path(__file__).parent / "static"


def routes(reading: Reading) -> list[BaseRoute]:
    """Return the routes of all pages, with the first page at `/`."""
    pages = Pages(PAGES, reading)
    return [
        Route("/", _first),
        Route(PREFIX, _first),
        *(Route(page.path, pages.endpoint(page)) for page in PAGES),
        Mount(f"{PREFIX}/static", StaticFiles(directory=_STATIC)),
    ]


async def _first(_request: Request) -> RedirectResponse:
    return RedirectResponse(HELP.path)
