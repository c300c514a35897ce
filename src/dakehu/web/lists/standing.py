"""How a list stands: in which saved view, changed or not, with which columns.

The URL says it all. `view=5` is a view as it was saved, `base=5` beside filters is one that was
changed, `base=0` is none at all (a URL that says nothing begins with the view one chose).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest
from dakehu.queries.views import ViewRow, Views, views
from dakehu.web.forms import whole_in_url
from dakehu.web.lists.columns import keys_of

#: What of a URL is no filter: where the list stands, and on which page of it.
STANDING = ("view", "base", "columns", "after", "before", "deleted")


@dataclass(frozen=True, slots=True)
class Tab:
    """A view to choose; `layout` is board where it is looked at there."""

    name: str
    url: str
    is_on: bool
    layout: str = "list"
    #: Shared by whom, for those whose view it is not.
    of: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A list as the URL asks for it."""

    page: str
    get: QueryDict
    views: Views
    view: ViewRow | None
    is_changed: bool
    #: Keys of the columns asked for, empty where the usual ones are meant.
    columns: tuple[str, ...]
    tabs: tuple[Tab, ...]
    #: A view that was just deleted, and can be taken back.
    deleted: int | None
    #: How it is laid out: list or board.
    layout: str = "list"

    @property
    def query(self) -> str:
        """Give the filters and the order as a view keeps them."""
        left = self.get.copy()
        for gone in STANDING:
            left.pop(gone, None)
        return left.urlencode()

    @property
    def columns_param(self) -> str:
        """Give the columns as a URL writes them."""
        return ",".join(self.columns)

    @property
    def is_filtered(self) -> bool:
        """Test if something narrows the list."""
        return bool(_plain(self.get)[0])


def standing_of(request: SignedRequest, page: str, url_name: str, layout: str = "list") -> Standing:
    """Read how the list stands; the request's GET becomes what the view says.

    A board begins with a view only where that is laid out as one. NotFound `view.unknown`.
    """
    get: QueryDict = request.GET
    named = whole_in_url(str(get.get("view", get.get("base", ""))))
    found = views(viewer=request.viewer, page=page, today=request.today, wanted=named)
    default = found.by_id(found.default_id)
    begins = default is not None and layout in ("list", default.layout)
    view = None
    if "view" in get or (begins and not _says_something(get)):
        wanted = whole_in_url(str(get["view"])) if "view" in get else found.default_id
        view = found.by_id(wanted)
        if view is None and wanted != 0:
            raise NotFound("view.unknown")
        get = _of_view(get, view)
        request.GET = get  # type: ignore[assignment]
    elif "base" in get:
        view = found.by_id(whole_in_url(str(get["base"])))
    columns = keys_of(get.get("columns", ""))
    changed = view is not None and (
        _plain(get) != _plain(QueryDict(view.query)) or (bool(columns) and columns != view.columns)
    )
    columns = columns or (view.columns if view else ()) or found.columns
    return Standing(
        page=page,
        get=get,
        views=found,
        view=view,
        is_changed=changed,
        columns=columns,
        tabs=_tabs(found, view, url_name, layout),
        deleted=whole_in_url(get.get("deleted", "")),
        layout=layout,
    )


def _says_something(get: QueryDict) -> bool:
    return any(name not in ("after", "before") for name in get)


def _of_view(get: QueryDict, view: ViewRow | None) -> QueryDict:
    effective = QueryDict(view.query if view else "", mutable=True)
    effective["base"] = str(view.id if view else 0)
    for name in ("after", "before", "columns"):
        if get.get(name):
            effective[name] = str(get[name])
    effective._mutable = False
    return effective


def _plain(get: QueryDict) -> tuple[list[tuple[str, str]], str]:
    """Give what a query asks for, however it is written: filters, and the order."""
    filters = sorted(
        (name, value)
        for name, values in get.lists()
        for value in values
        if value and name not in STANDING and name != "sort" and (name, value) != ("state", "open")
    )
    return filters, get.get("sort", "")


def _tabs(found: Views, view: ViewRow | None, url_name: str, layout: str) -> tuple[Tab, ...]:
    tabs = []
    here = reverse("board" if layout == "board" else url_name)
    for row in found.rows:
        board = row.layout == "board"
        url = (
            f"{reverse('board')}?{row.query}&base={row.id}"
            if board
            else f"{reverse(url_name)}?view={row.id}"
        )
        of = "" if row.is_own else row.owner
        tabs.append(Tab(row.name, url, row == view, "board" if board else "list", of))
    every = f"{here}?base=0" if found.default_id is not None else here
    return (Tab("", every, view is None), *tabs)


def link_with(get: QueryDict, change: Callable[[QueryDict], None]) -> str:
    """Give the list's query after a change, from page one."""
    left = get.copy()
    for gone in ("after", "before", "deleted"):
        left.pop(gone, None)
    change(left)
    return f"?{left.urlencode()}" if left else "?"
