"""Rewriting a copied method on a page: a new version, which open opportunities don't take yet."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dakehu.actions import methods as actions
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.methods import MOST_ITEMS, MOST_STAGES
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import methods as queries
from dakehu.web.forms import done, status_of
from dakehu.web.methods.forms import MethodForm


@signed_in
@require_http_methods(["GET", "POST"])
def method_edit(request: SignedRequest, method_id: int) -> HttpResponse:
    """Show a method as a form, its current version or the one of ?version=N, and save it."""
    version = request.GET.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 6 else None
    page = queries.method(
        viewer=request.viewer, method_id=method_id, today=request.today, number=number
    )
    if not page.may_edit:
        raise NotAllowed("method.edit")
    if page.is_built_in:
        raise RuleBroken("method.built_in", method=page.key)
    form = MethodForm(
        request.POST if request.method == "POST" else None,
        spec=page.spec,
        rates={s.spec.key: s.rate.rate_bp if s.rate else None for s in page.stages},
        seen=next(v.number for v in page.versions if v.is_current),
    )
    asked = request.POST.get("do", "")
    if asked:
        form.rearrange(asked)
        return _shown(request, page, form, status=200)

    def save(cleaned: dict[str, Any]) -> actions.Installed:
        return actions.change_method(
            actor=request.viewer,
            method_id=method_id,
            seen_number=cleaned["seen"],
            spec=form.written(),
            rates_from=request.today,
            at=request.now,
        )

    made = done(form, save)
    if made is not None:
        toast(request, _saved(page, made))
        return go(request, "method", method_id)
    return _shown(request, page, form, status=status_of(form))


def _saved(page: queries.MethodPage, made: actions.Installed) -> str:
    if made.version_id in {version.id for version in page.versions}:
        return _("Win rates are set.")
    number = 1 + max(version.number for version in page.versions)
    return _(
        "Version %(number)s is saved. Open opportunities stay on theirs until they are moved."
    ) % {"number": number}


def _shown(
    request: SignedRequest, page: queries.MethodPage, form: MethodForm, *, status: int
) -> HttpResponse:
    facts = {
        "page": page,
        "form": form,
        "most_stages": MOST_STAGES,
        "most_items": MOST_ITEMS,
        "held": sum(v.opportunity_count for v in page.versions),
    }
    return render_page(request, "methods/edit.html", facts, status=status)
