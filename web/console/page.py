"""One page: its address, its SQL, and what it shows of the rows, in three forms.

Every page answers `?format=json` with what it shows and `?format=sql` with its statements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from pydantic_core import to_jsonable_python
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.templating import Jinja2Templates

from pilotfish.schemas.errors import PilotfishError
from pilotfish.web.console import shown
from pilotfish.web.console.plays import plays_chart
from pilotfish.web.console.reading import Reading, Rows
from pilotfish.web.console.statements import statements, text

View = Callable[[Mapping[str, Rows]], Mapping[str, Any]]
Draw = Callable[[Mapping[str, Any]], Markup]

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FOLDER: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the console.

    Args:
        name: of its SQL file and of its template.
        path: its address, with parameters that its statements have as well.
        title: its heading, and its name in the menu.
        view: the rows of its statements, by their names, to what it shows.
        draw: what it shows to its chart, if it has one.
    """

    name: str
    path: str
    title: str
    view: View
    draw: Draw | None = None

    @property
    def in_menu(self) -> bool:
        """Whether it can be opened without knowing of what."""
        return "{" not in self.path


class Pages:
    """Answers requests for pages.

    Args:
        pages: all pages, in the order of the menu.
        reading: answers their statements.
    """

    def __init__(self, pages: tuple[Page, ...], reading: Reading) -> None:
        self.pages = pages
        self._reading = reading
        env = Environment(
            loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True
        )
        env.globals["menu"] = [page for page in pages if page.in_menu]
        env.globals["plays_chart"] = plays_chart
        env.filters.update(shown.FILTERS)
        self._templates = Jinja2Templates(env=env)

    def endpoint(self, page: Page) -> Callable[[Request], Any]:
        """Return what answers a page's requests."""

        async def answer(request: Request) -> Response:
            form = request.query_params.get("format", "html")
            if form == "sql":
                return PlainTextResponse(text(page.name), headers=HEADERS)
            try:
                told = await self._told(page, request)
            except HTTPException as error:
                return self._failed(request, page, error.status_code, error.detail)
            except PilotfishError as error:
                return self._failed(request, page, 503, str(error))
            if form == "json":
                return JSONResponse(to_jsonable_python(told), headers=HEADERS)
            chart = page.draw(told) if page.draw else ""
            return self._html(request, page.name, page=page, chart=chart, **told)

        return answer

    async def _told(self, page: Page, request: Request) -> Mapping[str, Any]:
        parameters = {"tenant": request.state.tenant, **request.path_params}
        rows = await self._reading.read(statements(page.name), parameters)
        return page.view(rows)

    def _failed(
        self, request: Request, page: Page, status: int, reason: str
    ) -> Response:
        if request.query_params.get("format") == "json":
            return JSONResponse({"reason": reason}, status, HEADERS)
        return self._html(request, "error", status, page=page, reason=reason)

    def _html(
        self, request: Request, template: str, status: int = 200, **told: Any
    ) -> Response:
        """Return a whole page, or for htmx only what it exchanges."""
        told["layout"] = "part.html" if "hx-request" in request.headers else "base.html"
        return self._templates.TemplateResponse(
            request, f"{template}.html", told, status, HEADERS
        )
