"""What a move on the board may ask: proof of evidence, a reason, a superior's word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from dakehu.actions.evidence import Proof, Upload, add_evidence_file, tick_evidence
from dakehu.core.errors import Conflict, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.methods import evidence_missing
from dakehu.http import SignedRequest
from dakehu.messages import sentence
from dakehu.queries.opportunities import OpportunityShown
from dakehu.queries.stages import version_in_force
from dakehu.web.opportunities.verb_forms import offer_overruling


def _text(label: Any, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WhyForm(forms.Form):
    """A step back: it asks why."""

    why = _text(lazy("Why"), required=True)


class OverruleForm(forms.Form):
    """A step forward: a superior may overrule the gate, and must where it is not theirs to move."""

    overrule = _text(lazy("Overrule the gate, because"), required=False)

    def __init__(self, data: Any, *, page: OpportunityShown) -> None:
        super().__init__(data)
        offer_overruling(self, page)


@dataclass(slots=True)
class ProofAsked:
    """An item of evidence that a move still needs, with what was typed and refused."""

    stage_id: int
    key: str
    name: str
    stage: str
    advised: bool
    note: str = ""
    link: str = ""
    error: str = ""

    @property
    def field(self) -> str:
        """Give the end of the names of its fields."""
        return f"{self.stage_id}-{self.key}"


def proofs_asked(page: OpportunityShown, to: str) -> list[ProofAsked]:
    """Give what is missing for a move to a stage (its key) or a win, in the order of the stages."""
    version = version_in_force(page.method_version_id)
    ticked = {item.key for stage in page.stages for item in stage.evidence if item.tick}
    missing = evidence_missing(version.spec, leaving=page.here.key, to=to, ticked=ticked)
    keys = {item.key for item in missing}
    return [
        ProofAsked(stage.id, item.key, item.name, stage.name, item.advised)
        for stage in page.stages
        for item in stage.evidence
        if item.key in keys and item.tick is None
    ]


def tick_what_came(
    request: SignedRequest, page: OpportunityShown, asked: list[ProofAsked]
) -> list[ProofAsked]:
    """Tick the items for which something came; give those that are still missing.

    An item whose proof is refused, or that somebody ticked meanwhile, keeps what was typed and
    says why.
    """
    left = []
    keep_typed(request, asked)
    how: dict[str, Any] = {
        "actor": request.viewer, "opportunity_id": page.id, "today": request.today,
        "at": request.now, "way": Way.BOARD,
    }  # fmt: skip
    for item in asked:
        files = list(_files(request, item))
        proof = _proof(request, item, files)
        if proof is None:
            left.append(item)
            continue
        place = {"stage_id": item.stage_id, "key": item.key, **how}
        try:
            tick_evidence(proof=proof, seen="", **place)
            for file in files[1:]:
                add_evidence_file(upload=file, **place)
        except (RuleBroken, Conflict) as error:
            item.error = sentence(error)
            left.append(item)
    return left


def keep_typed(request: SignedRequest, asked: list[ProofAsked]) -> None:
    """Let what was typed for each item stand in the dialog again."""
    for item in asked:
        item.note = request.POST.get(f"note-{item.field}", "")
        item.link = request.POST.get(f"link-{item.field}", "")


def _proof(request: SignedRequest, item: ProofAsked, files: Sequence[Upload]) -> Proof | None:
    """Read the proof of an item from what was sent; None where nothing was."""
    note = request.POST.get(f"note-{item.field}", "").strip()
    link = request.POST.get(f"link-{item.field}", "").strip()
    if not (note or link or files):
        return None
    return Proof(note=note[:4000], link=link, file=files[0] if files else None)


def _files(request: SignedRequest, item: ProofAsked) -> Iterator[Upload]:
    for kind in ("file", "photo"):
        sent = request.FILES.get(f"{kind}-{item.field}")
        if sent:
            yield Upload(sent.name or "", sent.chunks(), sent.size or 0, sent.content_type or "")
