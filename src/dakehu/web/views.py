"""Saved views and columns of lists: the dialogs in which they are kept, shared and chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dakehu.actions import views as actions
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.http.frame import reads_customers
from dakehu.queries.units import all_units
from dakehu.queries.views import ViewRow, begun_with, may_share_with, view_in_sight, views
from dakehu.web.accounts.columns import COLUMNS as ACCOUNTS
from dakehu.web.accounts.columns import vocabulary as account_words
from dakehu.web.activities.columns import COLUMNS as ACTIVITIES
from dakehu.web.activities.filtering import vocabulary as activity_words
from dakehu.web.contacts.columns import COLUMNS as CONTACTS
from dakehu.web.contacts.columns import vocabulary as contact_words
from dakehu.web.forms import done, status_of, unit_choices, whole_in_url
from dakehu.web.lists.builder import line_asked
from dakehu.web.lists.columns import Columns, keys_of
from dakehu.web.lists.pages import filter_form
from dakehu.web.lists.standing import STANDING
from dakehu.web.lists.words import Vocabulary
from dakehu.web.opportunities.columns import COLUMNS as OPPORTUNITIES
from dakehu.web.opportunities.filtering import vocabulary as opportunity_words


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list that has views: where it is, and which columns it can show."""

    url_name: str
    columns: Columns[Any]
    #: What its conditions can ask for.
    vocabulary: Callable[[SignedRequest], Vocabulary]


LISTS = {
    "opportunities": ListKind("opportunities", OPPORTUNITIES, opportunity_words),
    "accounts": ListKind("accounts", ACCOUNTS, account_words),
    "contacts": ListKind("contacts", CONTACTS, contact_words),
    "activities": ListKind("activities", ACTIVITIES, activity_words),
}


class ViewForm(forms.Form):
    """A view under a name, and whom it is shared with."""

    name = forms.CharField(label=lazy("Name of the view"), max_length=actions.MOST_NAME)
    layout = forms.ChoiceField(
        label=lazy("Layout"),
        choices=[("list", lazy("List")), ("board", lazy("Board"))],
        required=False,
    )
    begin = forms.BooleanField(label=lazy("Begin the list with this view"), required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput)
    columns = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, units: list[tuple[str, str]], boards: bool, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        if not boards:
            del self.fields["layout"]
        if units:
            self.fields["unit"] = forms.TypedChoiceField(
                label=lazy("Share with a unit and all below it"),
                choices=[("", lazy("Nobody: it is mine alone")), *units],
                coerce=int,
                empty_value=None,
                required=False,
                help_text=lazy("Everybody sees through it only what they may see anyway."),
            )
            self.fields["is_unit_default"] = forms.BooleanField(
                label=lazy("The unit begins with it, where nobody chose otherwise"),
                required=False,
            )


@signed_in
def view_create(request: SignedRequest, list_name: str) -> HttpResponse:
    """Keep what the list shows as a view."""
    kind = _kind(request, list_name)
    asked = request.POST if request.method == "POST" else None
    form = _form(
        request, asked, list_name,
        initial={
            "query": _filters_of(request.GET),
            "columns": request.GET.get("columns", ""),
            "layout": "board" if request.GET.get("layout") == "board" else "list",
        },
    )  # fmt: skip

    def save(cleaned: dict[str, Any]) -> int:
        made = actions.save_view(
            actor=request.viewer,
            page=list_name,
            name=cleaned["name"],
            query=_filters_of(QueryDict(cleaned["query"])),
            columns=_known(kind, cleaned["columns"]),
            layout=cleaned.get("layout") or "list",
            at=request.now,
        )
        _share(request, made, 1, cleaned)
        _begin(request, list_name, made, begins=cleaned["begin"], began=False)
        return made

    if (made := done(form, save)) is not None:
        toast(request, _("The view is saved."))
        return go(request, kind.url_name, query=f"view={made}")
    facts = {"form": form, "list_name": list_name}
    return render_page(request, "views/form.html", facts, status=status_of(form))


@signed_in
def view_edit(request: SignedRequest, view_id: int) -> HttpResponse:
    """Rename, share, begin with or delete a view; of somebody else's only begin with it."""
    view = view_in_sight(viewer=request.viewer, view_id=view_id, today=request.today)
    kind = _kind(request, view.page)
    held = views(viewer=request.viewer, page=view.page, today=request.today)
    began = held.is_own_default and held.default_id == view.id
    form = _form(
        request, request.POST if request.method == "POST" else None, view.page,
        initial={
            "name": view.name, "layout": view.layout or "list", "begin": began,
            "unit": view.unit_id or "", "is_unit_default": view.is_unit_default,
            "seen": view.version,
        },
    )  # fmt: skip
    may_edit = _may_edit(request, view)
    if not may_edit:
        for name in ("name", "layout", "unit", "is_unit_default"):
            form.fields.pop(name, None)

    def save(cleaned: dict[str, Any]) -> bool:
        if may_edit:
            values = {name: cleaned[name] for name in ("name", "layout") if cleaned.get(name)}
            actions.change_view(
                actor=request.viewer, view_id=view_id, seen_version=cleaned["seen"] or 0,
                values=values, today=request.today, at=request.now,
            )  # fmt: skip
            _share(request, view_id, (cleaned["seen"] or 0) + 1, cleaned)
        _begin(request, view.page, view_id, begins=cleaned["begin"], began=began)
        return True

    if done(form, save):
        toast(request, _("The view is saved."))
        return go(request, kind.url_name, query=f"view={view_id}")
    facts = {"form": form, "view": view, "list_name": view.page, "may_edit": may_edit}
    return render_page(request, "views/form.html", facts, status=status_of(form))


@signed_in
@require_POST
def view_save(request: SignedRequest, view_id: int) -> HttpResponse:
    """Keep what the list shows now under the view's name."""
    view = view_in_sight(viewer=request.viewer, view_id=view_id, today=request.today)
    kind = _kind(request, view.page)
    actions.change_view(
        actor=request.viewer,
        view_id=view_id,
        seen_version=whole_in_url(request.POST.get("seen", "")) or 0,
        values={
            "query": _filters_of(QueryDict(request.POST.get("query", ""))),
            "columns": _known(kind, request.POST.get("columns", "")),
        },
        today=request.today,
        at=request.now,
    )
    toast(request, _("The view is saved."))
    return go(request, kind.url_name, query=f"view={view_id}")


@signed_in
@require_http_methods(["GET", "POST"])
def view_delete(request: SignedRequest, view_id: int) -> HttpResponse:
    """Ask; then delete a view, and let the list that follows offer to take that back."""
    view = view_in_sight(viewer=request.viewer, view_id=view_id, today=request.today)
    if not _may_edit(request, view):
        raise NotAllowed("view.edit")
    if request.method != "POST":
        begin = begun_with(request.viewer, view=view)
        facts = {"view": view, "begin": begin, "days": KEPT.days}
        facts["list_url"] = reverse(_kind(request, view.page).url_name)
        return render_page(request, "views/delete.html", facts)
    actions.delete_view(actor=request.viewer, view_id=view_id, today=request.today, at=request.now)
    query = f"base=0&deleted={view_id}"
    return go(request, _kind(request, view.page).url_name, query=query)


@signed_in
@require_POST
def view_restore(request: SignedRequest, view_id: int) -> HttpResponse:
    """Bring a deleted view back."""
    actions.restore_view(actor=request.viewer, view_id=view_id, at=request.now)
    view = view_in_sight(viewer=request.viewer, view_id=view_id, today=request.today)
    toast(request, _("The view is back."))
    return go(request, _kind(request, view.page).url_name, query=f"view={view_id}")


@signed_in
def view_columns(request: SignedRequest, list_name: str) -> HttpResponse:
    """Choose which columns a list shows, and in which order."""
    kind = _kind(request, list_name)
    base = whole_in_url(request.GET.get("base", ""))
    held = views(viewer=request.viewer, page=list_name, today=request.today, wanted=base)
    view = held.by_id(base)
    if request.method == "POST":
        return _columns_chosen(request, kind, list_name, view)
    keys = keys_of(request.GET.get("columns", "")) or (view.columns if view else ()) or held.columns
    chosen = [column.key for column in kind.columns.chosen(keys)]
    left = [key for key in kind.columns.all if key not in chosen]
    facts = {
        "columns": [
            (key, kind.columns.all[key].label, key in chosen, kind.columns.all[key].is_head)
            for key in (*chosen, *left)
        ],
        "list_name": list_name,
        "list_url": reverse(kind.url_name),
        "view": view,
        "query": request.GET.urlencode(),
    }
    return render_page(request, "views/columns.html", facts)


@signed_in
@require_safe
def view_filter(request: SignedRequest, list_name: str) -> HttpResponse:
    """Show the conditions of a list line by line."""
    kind = _kind(request, list_name)
    return filter_form(request, list_name, kind.url_name, kind.vocabulary(request))


@signed_in
@require_safe
def view_filter_line(request: SignedRequest, list_name: str) -> HttpResponse:
    """Show one line of the form anew, with the inputs that fit what was chosen."""
    words = _kind(request, list_name).vocabulary(request)
    facts = {
        "line": line_asked(request.GET, words),
        "line_url": reverse("view_filter_line", args=[list_name]),
    }
    return render_page(request, "lists/_line.html", facts)


def _columns_chosen(
    request: SignedRequest, kind: ListKind, list_name: str, view: ViewRow | None
) -> HttpResponse:
    """Keep the columns for the person; of a view they change what is seen, until it is saved."""
    keys = () if "usual" in request.POST else _ordered(request.POST)
    for key in keys:
        if key not in kind.columns.all:
            raise RuleBroken("view.unknown_column", column=key[:40])
    left = request.GET.copy()
    for gone in ("after", "before", "columns"):
        left.pop(gone, None)
    if view is None:
        actions.choose_columns(actor=request.viewer, page=list_name, columns=keys)
    else:
        left["columns"] = ",".join(keys or kind.columns.usual)
    return go(request, kind.url_name, query=left.urlencode())


def _ordered(post: QueryDict) -> tuple[str, ...]:
    """Give what is ticked in the order of the form; a number typed beside a column moves it."""
    ticked = post.getlist("column")
    places = {key: whole_in_url(post.get(f"place_{key}", "")) for key in ticked}
    return tuple(sorted(ticked, key=lambda key: places[key] or 10**6))[: actions.MOST_COLUMNS]


def _kind(request: SignedRequest, list_name: str) -> ListKind:
    if list_name not in LISTS:
        raise NotFound("view.unknown_page")
    if not reads_customers(request.viewer):
        raise NotAllowed("view.save")
    return LISTS[list_name]


def _form(
    request: SignedRequest, data: QueryDict | None, list_name: str, **kwargs: Any
) -> ViewForm:
    units, viewer = all_units(), request.viewer
    tree = units.tree(request.today)
    shared = [
        (key, word)
        for key, word in unit_choices(units, tree, viewer.language)
        if may_share_with(viewer, int(key))
    ]
    boards = list_name == "opportunities"
    return ViewForm(data, units=shared, boards=boards, **kwargs)


def _share(request: SignedRequest, view_id: int, seen: int, cleaned: dict[str, Any]) -> None:
    if "unit" not in cleaned:
        return
    view = view_in_sight(viewer=request.viewer, view_id=view_id, today=request.today)
    wanted = (cleaned["unit"], bool(cleaned["unit"] and cleaned["is_unit_default"]))
    if wanted != (view.unit_id, view.is_unit_default):
        actions.share_view(
            actor=request.viewer, view_id=view_id, seen_version=seen, unit_id=wanted[0],
            is_unit_default=wanted[1], today=request.today, at=request.now,
        )  # fmt: skip


def _begin(
    request: SignedRequest, list_name: str, view_id: int, *, begins: bool, began: bool
) -> None:
    if begins != began:
        actions.choose_view(
            actor=request.viewer,
            page=list_name,
            view_id=view_id if begins else None,
            today=request.today,
        )


def _may_edit(request: SignedRequest, view: ViewRow) -> bool:
    shared = view.unit_id is not None and may_share_with(request.viewer, view.unit_id)
    return view.is_own or shared


def _filters_of(get: QueryDict) -> str:
    left = get.copy()
    for gone in (*STANDING, "layout"):
        left.pop(gone, None)
    return left.urlencode()


def _known(kind: ListKind, columns: str) -> list[str]:
    return [key for key in keys_of(columns) if key in kind.columns.all]


urlpatterns = [
    path("views/<slug:list_name>/create/", view_create, name="view_create"),
    path("views/<slug:list_name>/columns/", view_columns, name="view_columns"),
    path("views/<slug:list_name>/filter/", view_filter, name="view_filter"),
    path("views/<slug:list_name>/filter/line/", view_filter_line, name="view_filter_line"),
    path("views/<int:view_id>/", view_edit, name="view_edit"),
    path("views/<int:view_id>/save/", view_save, name="view_save"),
    path("views/<int:view_id>/delete/", view_delete, name="view_delete"),
    path("views/<int:view_id>/restore/", view_restore, name="view_restore"),
]
