"""What the search finds records by: written with each name, and for what stands already in turn.

Whoever writes a name calls `index_name` in the same transaction. Bulk ways in (imports) leave it
to the job `index_names`, which also makes findable what stood before an upgrade.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from dakehu.actions.bulk import insert_rows
from dakehu.models import Account, AccountName, Contact, NameToken, Opportunity, Person
from dakehu.queries.spelling import found_by

#: Kinds of NameToken: opportunity, account, contact, person.
OPPORTUNITY, ACCOUNT, CONTACT, PERSON = "o", "a", "c", "p"
Named = tuple[int, Sequence[str], Sequence[str]]

_ROWS: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    ACCOUNT: (Account, ("name", "name_en"), ("code", "tax_code")),
    CONTACT: (Contact, ("name", "name_en"), ()),
    PERSON: (Person, ("name", "name_en"), ()),
    OPPORTUNITY: (Opportunity, ("name",), ("code",)),
}
#: In this order they are made findable; many opportunities take a while.
INDEXED = tuple(_ROWS)
#: So many at a time: a short write lock.
_CHUNK = 500


def index_name(kind: str, object_id: int, *, is_new: bool = False) -> None:
    """Write anew what a record is found by, inside the caller's transaction."""
    if not is_new:
        NameToken.objects.filter(kind=kind, object_id=object_id).delete()
    write_tokens(kind, _named(kind, [object_id]))


def forget_name(kind: str, object_id: int) -> None:
    """Let a record that was deleted be found no more, inside the caller's transaction."""
    NameToken.objects.filter(kind=kind, object_id=object_id).delete()


def index_opportunity(row: Opportunity) -> None:
    """Write anew what an opportunity is found by, as the row says: it may be stored only later."""
    NameToken.objects.filter(kind=OPPORTUNITY, object_id=row.pk).delete()
    write_tokens(OPPORTUNITY, [(row.pk, (row.name,), (row.code,))])


def write_tokens(kind: str, named: Iterable[Named]) -> None:
    """Write the tokens of records that have none yet: id, names, codes."""
    thirds = kind != OPPORTUNITY
    insert_rows(
        NameToken,
        ("token", "kind", "object_id"),
        (
            (token, kind, pk)
            for pk, names, codes in named
            for token in sorted(found_by(names, codes, thirds=thirds))
        ),
    )


def _named(kind: str, ids: Sequence[int]) -> list[Named]:
    model, names, codes = _ROWS[kind]
    aliases: dict[int, list[str]] = {}
    if kind == ACCOUNT:
        for pk, alias in AccountName.objects.filter(account_id__in=ids).values_list(
            "account_id", "name"
        ):
            aliases.setdefault(pk, []).append(alias)
    rows = model.objects.filter(pk__in=ids).values_list("pk", *names, *codes)
    cut = 1 + len(names)
    return [
        (row[0], [n for n in (*row[1:cut], *aliases.get(row[0], ())) if n], row[cut:])
        for row in rows
    ]


def index_unfound(kind: str, after: int) -> int | None:
    """Make the next records findable that are not yet; give the last, None where all are."""
    rows = _ROWS[kind][0].objects.order_by("pk").values_list("pk", flat=True)
    # The next ones first, then which of them have tokens: asked at once of a table that nobody
    # has counted yet, PostgreSQL reads all tokens for every chunk.
    while ids := list(rows.filter(pk__gt=after)[:_CHUNK]):
        after = int(ids[-1])
        if not _without_tokens(kind, ids):
            continue
        with transaction.atomic():
            write_tokens(kind, _named(kind, _without_tokens(kind, ids)))
        return after
    return None


def _without_tokens(kind: str, ids: Sequence[int]) -> list[int]:
    tokens = NameToken.objects.filter(kind=kind, object_id__range=(ids[0], ids[-1]))
    found = set(tokens.values_list("object_id", flat=True).distinct())
    return [pk for pk in ids if pk not in found]


def index_share(turn: int, hands: int) -> None:
    """Make every n-th chunk of what opportunities hang on findable; several share it at once.

    Nobody looks at what is findable already: for a company whose deals are still to be written.
    """
    for kind in (ACCOUNT, CONTACT, PERSON):
        ids = list(_ROWS[kind][0].objects.order_by("pk").values_list("pk", flat=True))
        chunks = [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
        for chunk in chunks[turn::hands]:
            with transaction.atomic():
                write_tokens(kind, _named(kind, chunk))


def index_everything(kinds: Iterable[str] = INDEXED) -> None:
    """Make all records findable, chunk by chunk, in the caller's transaction or in many."""
    for kind in kinds:
        after: int | None = 0
        while after is not None:
            after = index_unfound(kind, after)
