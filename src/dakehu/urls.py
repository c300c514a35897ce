"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("dakehu.web.login")),
    path("", include("dakehu.web.preferences")),
    path("", include("dakehu.web.funnel")),
    path("", include("dakehu.web.numbers")),
    # records
    path("", include("dakehu.web.methods")),
    path("", include("dakehu.web.accounts")),
    path("", include("dakehu.web.contacts")),
    path("", include("dakehu.web.quotas")),
]

# opps: evidence first, its addresses would read as verbs
urlpatterns += [
    path("", include("dakehu.web.evidence")),
    path("", include("dakehu.web.opportunities")),
]
