"""Activities (PRJ-7): calls, visits, meetings, tasks; who took part, what came of them."""

from django.db import models

from dakehu.models.visibility import ActivityQuerySet


class Activity(models.Model):
    """One call, visit, meeting, workshop, task, e-mail or sample: planned, done or cancelled."""

    #: core.activities.ActivityKind.
    kind = models.PositiveSmallIntegerField()
    #: core.activities.ActivityState: 1 planned, 2 done, 3 cancelled.
    state = models.PositiveSmallIntegerField(default=1)
    subject = models.CharField(max_length=200)
    owner = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT, db_index=False)
    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT, db_index=False)
    account = models.ForeignKey(
        "dakehu.Account", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    opportunity = models.ForeignKey(
        "dakehu.Opportunity", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    #: The day of business; `starts_at` where the time of day is known too.
    on = models.DateField()
    starts_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    location = models.CharField(max_length=240, blank=True, default="")
    #: core.activities.CallOutcome (PRJ-4): order, advance, continuation, no sale; 0 none told.
    outcome = models.PositiveSmallIntegerField(default=0)
    result = models.TextField(blank=True, default="")
    next_step = models.CharField(max_length=240, blank=True, default="")
    next_step_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: Named by the device that logged it: the same draft sent twice is one activity.
    client_key = models.UUIDField(null=True, blank=True, unique=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "on", "id"], name="activity_owner"),
            models.Index(fields=["unit", "on", "id"], name="activity_unit"),
            models.Index(fields=["account", "on", "id"], name="activity_account"),
            models.Index(fields=["opportunity", "on", "id"], name="activity_opportunity"),
            models.Index(fields=["on", "id"], name="activity_on"),
        ]


class ActivityContact(models.Model):
    """Who took part on the customer's side."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="contacts")
    contact = models.ForeignKey("dakehu.Contact", on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "contact"], name="activity_contact_once")
        ]


class ActivityPerson(models.Model):
    """Who took part on our side, beside the owner."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey("dakehu.Person", on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "person"], name="activity_person_once")
        ]
