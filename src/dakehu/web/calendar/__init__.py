"""The calendar in the browser and outside of it: week, month, day, team, iCalendar."""

from django.urls import path

from dakehu.web.calendar.feed import (
    activity_event,
    calendar_feed,
    calendar_feed_close,
    calendar_feed_open,
    calendar_subscribe,
)
from dakehu.web.calendar.pages import calendar

urlpatterns = [
    path("calendar/", calendar, name="calendar"),
    path("calendar/subscribe/", calendar_subscribe, name="calendar_subscribe"),
    path("calendar/subscribe/open/", calendar_feed_open, name="calendar_feed_open"),
    path("calendar/subscribe/close/", calendar_feed_close, name="calendar_feed_close"),
    path("calendar/feed/<str:token>.ics", calendar_feed, name="calendar_feed"),
    path("activities/<int:activity_id>/event.ics", activity_event, name="activity_event"),
]
