"""Notices: what a person is told, in the product and by mail, and what they want to be told."""

from django.db import models


class Notice(models.Model):
    """One thing told to one person: a code with facts, worded on reading."""

    person = models.ForeignKey(
        "dakehu.Person", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=32)
    object_type = models.CharField(max_length=24, blank=True, default="")
    object_id = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    actor = models.ForeignKey(
        "dakehu.Person", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    correlation_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    #: 0 not by mail, 1 waits for its moment, 2 sent, 3 given up.
    mail_state = models.PositiveSmallIntegerField(default=0)
    #: From when on it may be mailed; none waits for the digest.
    mail_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_person"),
            models.Index(
                fields=["person"], name="notice_unread", condition=models.Q(read_at__isnull=True)
            ),
            models.Index(fields=["kind", "at"], name="notice_kind"),
            models.Index(
                fields=["mail_at", "person"],
                name="notice_mail",
                condition=models.Q(mail_state=1),
            ),
        ]


class NoticeChoice(models.Model):
    """What somebody wants of one kind of notice; where there is no row, the kind's default."""

    person = models.ForeignKey("dakehu.Person", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    in_product = models.BooleanField(default=True)
    #: off, now, digest.
    mail = models.CharField(max_length=8, default="off")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="notice_choice_once")
        ]


class NoticeHours(models.Model):
    """When somebody is left alone, and when their digest comes; hours of the organisation's day."""

    person = models.OneToOneField("dakehu.Person", on_delete=models.CASCADE, related_name="+")
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(null=True, blank=True)
    digest_at = models.PositiveSmallIntegerField(default=8)
    version = models.PositiveIntegerField(default=1)
