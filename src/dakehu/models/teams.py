"""Who works on an opportunity: the selling team (PRJ-3) and the customer's people (CUS-11)."""

from django.db import models


class TeamMember(models.Model):
    """A colleague on the selling team; a Grant (because `selling_team`) lets them in."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", on_delete=models.CASCADE, related_name="team"
    )
    person = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT)
    #: What they do there: core.teams.TEAM_ROLES.
    role = models.CharField(max_length=24, blank=True, default="")
    right = models.CharField(max_length=8, default="read")  # read, work
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "person"], name="team_member_once")
        ]


class Stakeholder(models.Model):
    """A contact with a part in the decision on an opportunity."""

    opportunity = models.ForeignKey(
        "dakehu.Opportunity", on_delete=models.CASCADE, related_name="stakeholders"
    )
    contact = models.ForeignKey("dakehu.Contact", on_delete=models.PROTECT)
    #: Keys of core.teams.BUYING_ROLES.
    roles = models.JSONField(default=list)
    #: 0 unknown, 1 low, 2 medium, 3 high.
    influence = models.PositiveSmallIntegerField(default=0)
    #: −2 against … 2 supports; None unknown.
    attitude = models.SmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=240, blank=True, default="")
    added_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "contact"], name="stakeholder_once")
        ]
