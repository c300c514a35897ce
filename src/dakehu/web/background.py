"""Background work, for the administrator: what is on the schedule, and what came of it."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dakehu.core.background import Schedule
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.messages import sentence
from dakehu.queries.background import Job, Run, background_work

#: What each job is called, and what it is for.
JOBS: dict[str, tuple[str | Promise, str | Promise]] = {
    "carry": (
        lazy("Carry the ledger forward"),
        lazy("Balances of months that have begun; without them figures are right and slower."),
    ),
    "calibrate": (
        lazy("Calibrate win rates"),
        lazy("Finds each stage's win rate from what was won and lost."),
    ),
    "weekly_mail": (
        lazy("Weekly mail"),
        lazy("To who sells or heads a unit: what lacks, what was agreed, new reviews."),
    ),
    "tell_due": (
        lazy("Tell what is due"),
        lazy("To owners: next steps due, close dates passed, opportunities that stand still."),
    ),
    "notice_mail": (
        lazy("Mail notices"),
        lazy("Digests at each one's hour, and what waited for the end of quiet hours."),
    ),
    "clean_up": (
        lazy("Clean up"),
        lazy("Files of imports after 30 days, files that nobody has, log-ins that are over."),
    ),
}
STATES: dict[str, tuple[str | Promise, str]] = {
    "waiting": (lazy("Waiting"), "watch"),
    "running": (lazy("Running"), "watch"),
    "done": (lazy("Done"), "good"),
    "failed": (lazy("Failed"), "act"),
}
RESULTS: dict[str, str | Promise] = {
    "carried": lazy("months carried: %(n)s"),
    "stages": lazy("stages looked at: %(n)s"),
    "changed": lazy("with a new rate: %(n)s"),
    "sent": lazy("mails sent: %(n)s"),
    "already": lazy("sent before: %(n)s"),
    "uploads": lazy("imports without their files: %(n)s"),
    "files": lazy("files removed: %(n)s"),
    "log_ins": lazy("log-ins removed: %(n)s"),
    "notices": lazy("notices forgotten: %(n)s"),
    "failed": lazy("mails refused: %(n)s"),
    "next_step_due": lazy("next steps due: %(n)s"),
    "close_passed": lazy("close dates passed: %(n)s"),
    "stalled": lazy("standing still: %(n)s"),
}
WEEKDAYS = (
    lazy("Mondays at %(hour)s"), lazy("Tuesdays at %(hour)s"), lazy("Wednesdays at %(hour)s"),
    lazy("Thursdays at %(hour)s"), lazy("Fridays at %(hour)s"), lazy("Saturdays at %(hour)s"),
    lazy("Sundays at %(hour)s"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run in the reader's language."""

    run: Run
    name: str
    state: str
    light: str
    words: str
    took: str


@dataclass(frozen=True, slots=True)
class JobShown:
    """A job in the reader's language."""

    job: Job
    name: str
    what: str
    hours: str
    last: RunShown | None


@signed_in
@require_safe
def background(request: SignedRequest) -> HttpResponse:
    """Show the schedule with the last run of each job, and the latest runs."""
    found = background_work(request.viewer, at=request.now)
    jobs = [
        JobShown(
            job,
            str(JOBS[job.job][0]),
            str(JOBS[job.job][1]),
            _hours(job.schedule),
            _shown(job.last) if job.last else None,
        )
        for job in found.jobs
    ]
    runs = [_shown(run) for run in found.runs]
    return render_page(request, "audit/background.html", {"jobs": jobs, "runs": runs})


def _hours(schedule: Schedule | None) -> str:
    if schedule is None:
        return _("off: left to cron, or switched off by the settings")
    if schedule.every_hours == 1:
        return _("every hour")
    if schedule.every_hours:
        return ngettext("every %(n)s hour", "every %(n)s hours", schedule.every_hours) % {
            "n": schedule.every_hours
        }
    hour = schedule.at.strftime("%H:%M")
    if schedule.weekday is None:
        return _("every day at %(hour)s") % {"hour": hour}
    return str(WEEKDAYS[schedule.weekday]) % {"hour": hour}


def _shown(run: Run) -> RunShown:
    name, _what = JOBS.get(run.job, (run.job, ""))
    state, light = STATES[run.status]
    return RunShown(run, str(name), str(state), light, _outcome(run), _took(run.took))


def _outcome(run: Run) -> str:
    if run.problem:
        words = sentence(run.problem, run.facts)
        return _("%(why)s Attempts: %(n)s.") % {"why": words, "n": run.attempts}
    return _(", ").join(
        str(RESULTS[key]) % {"n": f"{n:,}"} for key, n in run.result.items() if key in RESULTS
    )


def _took(time: timedelta | None) -> str:
    if time is None:
        return ""
    seconds = round(time.total_seconds())
    if seconds < 60:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


urlpatterns = [path("background/", background, name="background")]
