"""Every address of the product."""

from django.urls import include, path

#: Evidence stands before the opportunities: its addresses would read as verbs of theirs.
SUBJECTS = (
    "login", "preferences", "funnel", "numbers", "guide", "methods", "accounts", "contacts",
    "quotas", "units", "people", "products", "rates", "organisation", "evidence", "opportunities",
    "small_sales", "imports",
)  # fmt: skip

urlpatterns = [path("", include(f"dakehu.web.{subject}")) for subject in SUBJECTS]
