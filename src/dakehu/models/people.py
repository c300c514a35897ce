"""People, their dated appointments, and the grants that let them see single records."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class PersonManager(BaseUserManager["Person"]):
    """What Django's log-in machinery asks of a user table."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(login=login, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody of the organisation, with or without a log-in (unusable password)."""

    login = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True, default="")
    sort_key = models.CharField(max_length=160, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="zh-hans")
    theme = models.CharField(max_length=8, default="auto")
    #: How large amounts are shown: plain, wan (万) or yi (亿), auto by language.
    amount_unit = models.CharField(max_length=8, default="auto")
    joined_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()

    class Meta:
        indexes = [models.Index(fields=["sort_key", "id"], name="person_sort")]

    def __str__(self) -> str:
        return self.name


class Appointment(models.Model):
    """A role of a person in a unit for [from_on, until_on); several at once are allowed."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="appointments")
    unit = models.ForeignKey("dakehu.SalesUnit", on_delete=models.PROTECT)
    role = models.CharField(max_length=24)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    #: A deputy acts for this person, and what they do is recorded so.
    for_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="deputies"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True)
                | models.Q(until_on__gt=models.F("from_on")),
                name="appointment_not_upside_down",
            )
        ]
        indexes = [
            models.Index(fields=["person", "from_on"], name="appointment_person"),
            models.Index(fields=["unit", "role", "from_on"], name="appointment_unit"),
        ]


class Grant(models.Model):
    """A right of one person on one record, outside their units, and why they have it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    opportunity = models.ForeignKey("dakehu.Opportunity", null=True, on_delete=models.CASCADE)
    account = models.ForeignKey("dakehu.Account", null=True, on_delete=models.CASCADE)
    right = models.CharField(max_length=8)  # read, work
    because = models.CharField(max_length=24)  # selling_team, account_team, support
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opportunity__isnull=True) ^ models.Q(account__isnull=True),
                name="grant_on_one_record",
            ),
            models.UniqueConstraint(
                fields=["person", "opportunity", "because"],
                condition=models.Q(opportunity__isnull=False),
                name="grant_opportunity_once",
            ),
            models.UniqueConstraint(
                fields=["person", "account", "because"],
                condition=models.Q(account__isnull=False),
                name="grant_account_once",
            ),
        ]
