"""Accounts (客户) with their group tree."""

from django.db import models
from treebeard.mp_tree import MP_Node

from dakehu.core.access import Viewer
from dakehu.models.visibility import AccountQuerySet


class Account(MP_Node):  # type: ignore[misc]
    """A company we sell to or want to; branches hang under a parent account."""

    steplen = 5
    node_order_by: list[str] = []
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True, default="")
    #: The name folded (width, case, spaces) for exact look-ups; CUS-2 goes further later.
    folded = models.CharField(max_length=200, blank=True, default="", db_index=True)
    sort_key = models.CharField(max_length=240, blank=True, default="")
    unit = models.ForeignKey("dakehu.SalesUnit", null=True, on_delete=models.PROTECT)
    manager = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="accounts"
    )
    industry = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    address = models.CharField(max_length=240, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    website = models.CharField(max_length=200, blank=True, default="")
    tax_code = models.CharField(max_length=30, blank=True, default="")
    employees = models.PositiveIntegerField(null=True, blank=True)
    founded = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(blank=True, default="")
    created_on = models.DateField()
    #: The last activity done with somebody there; kept by the actions of activities.
    last_contact_on = models.DateField(null=True, blank=True)
    #: Deleted ones are hidden and can be restored for 30 days.
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> AccountQuerySet:
        """Give the accounts that the viewer may see (treebeard keeps the manager for itself)."""
        return AccountQuerySet(cls).visible_to(viewer)

    class Meta:
        indexes = [
            models.Index(fields=["sort_key", "id"], name="account_sort"),
            models.Index(fields=["manager", "sort_key", "id"], name="account_manager_sort"),
            models.Index(fields=["unit", "sort_key", "id"], name="account_unit_sort"),
            models.Index(
                fields=["deleted_at", "id"],
                name="account_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]


class AccountName(models.Model):
    """Another name of an account: abbreviation, former or foreign name."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200, db_index=True)
    kind = models.CharField(max_length=12, default="alias")


class NameToken(models.Model):
    """What a name is found by: grams, pinyin, initials, codes; compared byte by byte.

    Kind account: names of accounts like others (CUS-2). Kinds o, a, c, p: what the search finds
    opportunities, accounts, contacts and people by (queries/search).
    """

    token = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, default="account")
    object_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "token", "object_id"], name="name_token"),
            models.Index(fields=["kind", "object_id", "token"], name="name_token_of"),
        ]
