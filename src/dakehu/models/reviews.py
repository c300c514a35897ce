"""Reviews of a unit's funnel: frozen figures, notes, agreed actions, and the weekly mail."""

from django.db import models


class Review(models.Model):
    """A view of the funnel as it was saved; only ever added (models/triggers.py)."""

    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT)
    method = models.ForeignKey("dakehu.Method", on_delete=models.PROTECT)
    on = models.DateField()
    period_kind = models.CharField(max_length=8)
    period_key = models.CharField(max_length=8)
    currency = models.CharField(max_length=3)
    as_organised_today = models.BooleanField(default=False)
    #: The figures are what had been recorded by then (FUN-5: as known at).
    known_at = models.DateTimeField()
    figures = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    for_person = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(fields=["on", "id"], name="review_on"),
            models.Index(fields=["unit", "method", "on", "id"], name="review_view"),
        ]


class ReviewUnit(models.Model):
    """A unit whose positions a review added up: who may not see it may not see the review."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="units")
    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "unit"], name="review_unit_once")]


class ReviewNote(models.Model):
    """What was said in a review; its history stands in Change."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="note")
    text = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)


class ReviewAction(models.Model):
    """What was agreed in a review: who does what by when."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="actions")
    text = models.CharField(max_length=240)
    owner = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(
                fields=["owner", "due_on", "id"], name="review_action_open",
                condition=models.Q(done_on__isnull=True),
            )
        ]  # fmt: skip


class ReviewMail(models.Model):
    """The weekly mail of a person: one a week, however often it is asked for."""

    person = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, related_name="+")
    #: The Monday of the week.
    week_on = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "week_on"], name="review_mail_once")
        ]
