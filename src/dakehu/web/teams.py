"""The selling team on pages: a card that the opportunity's page loads, dialogs to change it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from dakehu.actions.teams import add_member, change_member, remove_member
from dakehu.core.errors import NotAllowed
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages import sentence
from dakehu.messages.teams import TEAM_RIGHTS, TEAM_ROLES
from dakehu.queries import teams as queries
from dakehu.queries.people import colleagues, people_named
from dakehu.web.forms import done, status_of
from dakehu.web.undoing import toast_with_undo


class MemberForm(forms.Form):
    """What a member does and may."""

    role = forms.ChoiceField(label=lazy("Does what"), choices=TEAM_ROLES.items, required=False)
    right = forms.ChoiceField(
        label=lazy("May"), choices=TEAM_RIGHTS.items, widget=forms.RadioSelect, initial="read"
    )


class NewMemberForm(MemberForm):
    """Who comes on the team, found by name, log-in or pinyin."""

    person = forms.CharField(
        label=lazy("Colleague"),
        max_length=120,
        help_text=lazy("Name, log-in, pinyin or initials."),
        widget=forms.TextInput(
            attrs={"list": "colleagues", "autocomplete": "off", "autofocus": True}
        ),
    )
    field_order = ("person", "role", "right")

    def __init__(self, data: Any, *, request: SignedRequest) -> None:
        super().__init__(data)
        self.request = request

    def clean_person(self) -> int:
        """Find the one colleague who is meant."""
        viewer, today = self.request.viewer, self.request.today
        text = self.cleaned_data["person"].strip().replace("\x00", "")
        found = people_named(viewer, names=[text], today=today)
        found = found or colleagues(viewer, text=text, today=today, limit=2)
        if len(found) > 1:
            logins = [person.login for person in found[:5]]
            said = sentence("note.mention_ambiguous", {"name": text, "logins": logins})
            raise forms.ValidationError(said)
        if not found:
            raise forms.ValidationError(sentence("team.no_such_person"))
        return found[0].id


@signed_in
@require_safe
def opportunity_team(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the team."""
    team = queries.team(request.viewer, opportunity_id=opportunity_id)
    language = request.viewer.language
    rows = [
        (row, row.person.shown(language), TEAM_ROLES.get(row.role, ""), TEAM_RIGHTS[row.right])
        for row in team.members
    ]
    facts = {"team": team, "owner": team.owner.shown(language), "rows": rows}
    return render_page(request, "teams/page.html", facts)


@signed_in
@require_http_methods(["GET", "POST"])
def team_add(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Let a colleague in."""
    team = queries.team(request.viewer, opportunity_id=opportunity_id)
    if not team.may_edit:
        raise NotAllowed("team.edit")
    form = NewMemberForm(request.POST if request.method == "POST" else None, request=request)
    added = None
    if request.method == "POST":
        added = done(
            form,
            lambda said: add_member(
                actor=request.viewer,
                opportunity_id=opportunity_id,
                person_id=said["person"],
                role=said["role"],
                right=said["right"],
                today=request.today,
                at=request.now,
            ),
        )
    if added is not None:
        toast(request, _("The colleague is on the team, and was told."))
        return go(request, "opportunity", opportunity_id)
    facts = {"form": form, "record": team.record}
    return render_page(request, "teams/add.html", facts, status=status_of(form))


@signed_in
@require_http_methods(["GET", "POST"])
def team_member(request: SignedRequest, opportunity_id: int, member_id: int) -> HttpResponse:
    """Change what a member does and may."""
    team = queries.team(request.viewer, opportunity_id=opportunity_id)
    member = team.member(member_id)
    if not team.may_edit and not member.is_me:
        raise NotAllowed("team.edit")
    what: dict[str, Any] = {
        "actor": request.viewer,
        "opportunity_id": opportunity_id,
        "member_id": member_id,
        "at": request.now,
    }
    form = MemberForm(
        request.POST if request.method == "POST" else None,
        initial={"role": member.role, "right": member.right},
    )

    def save(said: dict[str, Any]) -> bool:
        change_member(
            **what, role=said["role"], right=said["right"], seen=_seen(request),
            today=request.today,
        )  # fmt: skip
        return True

    if request.method == "POST" and done(form, save):
        toast(request, _("Saved."))
        return go(request, "opportunity", opportunity_id)
    facts = {
        "form": form,
        "record": team.record,
        "member": member,
        "name": member.person.shown(request.viewer.language),
        "may_edit": team.may_edit,
    }
    return render_page(request, "teams/member.html", facts, status=status_of(form))


@signed_in
@require_http_methods(["GET", "POST"])
def team_remove(request: SignedRequest, opportunity_id: int, member_id: int) -> HttpResponse:
    """Say what a member loses; then take them off the team, or leave it."""
    viewer = request.viewer
    team = queries.team(viewer, opportunity_id=opportunity_id)
    member = team.member(member_id)
    if not team.may_edit and not member.is_me:
        raise NotAllowed("team.edit")
    if request.method == "POST":
        removal = remove_member(
            actor=viewer, opportunity_id=opportunity_id, member_id=member_id, at=request.now
        )
        if member.is_me:
            # Who has left may not see the deal any more, and cannot let themselves in.
            toast(request, _("You are off the team."))
            return go(request, "opportunities")
        undo = reverse("bin_restore", args=["member", removal])
        toast_with_undo(request, _("The colleague is off the team."), undo)
        return go(request, "opportunity", opportunity_id)
    facts = {
        "record": team.record,
        "member": member,
        "name": member.person.shown(viewer.language),
        "planned": queries.planned_by(
            viewer, opportunity_id=opportunity_id, person_id=member.person.id
        ),
        "days": KEPT.days,
    }
    return render_page(request, "teams/remove.html", facts)


def _seen(request: SignedRequest) -> tuple[str, str] | None:
    role, right = request.POST.get("seen_role"), request.POST.get("seen_right")
    return None if role is None or right is None else (role, right)


@signed_in
@require_safe
def team_people(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Offer colleagues as options of the form's list."""
    queries.team(request.viewer, opportunity_id=opportunity_id)
    text = request.GET.get("person", "")
    found = colleagues(request.viewer, text=text, today=request.today)
    language = request.viewer.language
    names = [person.shown(language) for person in found]
    rows = [
        (person.login if names.count(name) > 1 else name, f"{name} · {person.login}")
        for person, name in zip(found, names, strict=True)
    ]
    return render_page(request, "teams/_people.html", {"people": rows})


_TEAM = "opportunities/<int:opportunity_id>/team"

urlpatterns = [
    path(f"{_TEAM}/", opportunity_team, name="team"),
    path(f"{_TEAM}/add/", team_add, name="team_add"),
    path(f"{_TEAM}/people/", team_people, name="team_people"),
    path(f"{_TEAM}/<int:member_id>/", team_member, name="team_member"),
    path(f"{_TEAM}/<int:member_id>/remove/", team_remove, name="team_remove"),
]
