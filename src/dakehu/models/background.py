"""Unattended work: one row for each time a job of the schedule was due."""

from django.db import models


class BackgroundRun(models.Model):
    """A job and the moment it was due; who puts the row there first lets it be done."""

    job = models.CharField(max_length=24)
    due_at = models.DateTimeField()
    status = models.CharField(max_length=8)  # waiting, running, done, failed
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Who works on it, and until when nobody else may take it up; of a failed one: not before.
    worker = models.CharField(max_length=36, blank=True, default="")
    held_until = models.DateTimeField(null=True)
    #: What came of it: numbers by name, no text of customers.
    result = models.JSONField(default=dict)
    #: Why it failed: a code of messages, and its facts.
    problem = models.CharField(max_length=60, blank=True, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "due_at"], name="background_run_once")
        ]
        indexes = [models.Index(fields=["due_at", "id"], name="background_run_due")]
