"""Saved views of lists: what is filtered, shown, ordered, and how it is laid out."""

from django.db import models


class SavedView(models.Model):
    """A view of a page under a name: its owner's own, or shared with a unit and all below it."""

    #: The page it is a view of: opportunities, board, accounts, contacts, activities …
    page = models.CharField(max_length=24)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(
        "dakehu.SalesUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: What the URL says behind the question mark, without a cursor: filters and order.
    query = models.TextField(blank=True, default="")
    #: Keys of the columns in their order; empty: those of the page.
    columns = models.JSONField(default=list)
    layout = models.CharField(max_length=12, blank=True, default="")
    #: Whoever sees the unit's views and has chosen none of their own begins with this one.
    is_unit_default = models.BooleanField(default=False)
    #: Deleted ones are hidden; who deleted one can take that back.
    deleted_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["owner", "page", "name"], name="saved_view_owner")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                condition=models.Q(deleted_at__isnull=True),
                name="saved_view_name_once",
            ),
            models.CheckConstraint(
                condition=models.Q(is_unit_default=False) | models.Q(unit__isnull=False),
                name="saved_view_default_of_unit",
            ),
        ]


class ViewChoice(models.Model):
    """The view that a person begins a page with, and the columns chosen without saving a view."""

    person = models.ForeignKey("dakehu.Person", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=24)
    view = models.ForeignKey(SavedView, null=True, blank=True, on_delete=models.CASCADE)
    columns = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "page"], name="view_choice_once")]
