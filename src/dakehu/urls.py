"""Every address of the product."""

from django.urls import include, path

#: Evidence, teams and stakeholders stand before the opportunities: their addresses would read as
#: verbs of theirs. What is asked at every key stands first: addresses are tried in this order.
SUBJECTS = (
    "search",
    "login", "preferences", "funnel", "health", "speed", "compare", "trend", "by_product",
    "hygiene", "reviews", "numbers", "guide", "methods", "accounts", "contacts", "quotas", "units",
    "people", "products", "rates", "organisation", "evidence", "teams", "stakeholders",
    "opportunities", "small_sales", "imports", "audit", "background", "past", "validations",
    "board", "views", "bulk_edits", "cells", "activities", "calendar", "today", "install",
    "timeline", "notes", "files", "marks", "notices",
)  # fmt: skip

urlpatterns = [path("", include(f"dakehu.web.{subject}")) for subject in SUBJECTS]
