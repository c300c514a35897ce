"""What waits for a manager (FUN-3, *validate*): moves, marks on evidence, and deal reviews."""

from django.db import models


class MoveRequest(models.Model):
    """A move that waits in the superior's inbox; posted on the day of approval."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", on_delete=models.CASCADE, related_name="move_requests"
    )
    #: advance, win, move_method or reopen, with what it needs beside the stage in `facts`.
    verb = models.CharField(max_length=16)
    to_stage = models.ForeignKey(
        "dakehu.Stage", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    facts = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    #: Where the opportunity stood when it was asked for: moved otherwise since, it is overtaken.
    from_stage = models.ForeignKey(
        "dakehu.Stage", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    from_version = models.ForeignKey(
        "dakehu.MethodVersion",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    asked_by = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, related_name="+")
    #: Whom the asker stood in for, where they could ask only as a deputy.
    asked_for = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    #: The day asked is kept (FUN-3).
    asked_on = models.DateField()
    #: 1 waiting, 2 approved, 3 sent back, 4 withdrawn, 5 overtaken.
    state = models.PositiveSmallIntegerField(default=1)
    decided_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_for = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True, default="")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(
                fields=["asked_at", "id"],
                name="move_request_waiting",
                condition=models.Q(state=1),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity"],
                condition=models.Q(state=1),
                name="move_request_one_waiting",
            )
        ]


class EvidenceMark(models.Model):
    """What the manager says of a ticked item: true 真实, precise 精确, provable 可证明."""

    evidence = models.OneToOneField(
        "dakehu.Evidence", on_delete=models.CASCADE, related_name="mark"
    )
    is_true = models.BooleanField(null=True)
    is_precise = models.BooleanField(null=True)
    is_provable = models.BooleanField(null=True)
    note = models.CharField(max_length=500, blank=True, default="")
    marked_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: Whom a deputy marked it for; who owns the opportunity now counts as neither.
    for_person = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    marked_at = models.DateTimeField()


class DealReview(models.Model):
    """A review of one opportunity: what was claimed, the evidence seen, what was agreed."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", on_delete=models.CASCADE, related_name="reviews"
    )
    on = models.DateField()
    #: Stage, category, amount, close date as they stood, and what the owner said of them.
    claimed = models.JSONField(default=dict)
    claim = models.TextField(blank=True, default="")
    #: Per item of evidence its key, whether ticked, and the marks given.
    evidence = models.JSONField(default=list)
    agreed = models.TextField(blank=True, default="")
    next_check_on = models.DateField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    for_person = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reviewed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["next_check_on", "id"], name="deal_review_next")]
