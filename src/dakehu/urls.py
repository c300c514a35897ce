"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("dakehu.web.login")),
    path("", include("dakehu.web.preferences")),
    path("", include("dakehu.web.funnel")),
    path("", include("dakehu.web.numbers")),
    path("", include("dakehu.web.guide")),
    # records
    path("", include("dakehu.web.methods")),
    path("", include("dakehu.web.accounts")),
    path("", include("dakehu.web.contacts")),
    path("", include("dakehu.web.quotas")),
    path("", include("dakehu.web.units")),
    path("", include("dakehu.web.people")),
    path("", include("dakehu.web.products")),
    path("", include("dakehu.web.rates")),
    path("", include("dakehu.web.organisation")),
]

# opps: evidence first, its addresses would read as verbs
urlpatterns += [
    path("", include("dakehu.web.evidence")),
    path("", include("dakehu.web.opportunities")),
    path("", include("dakehu.web.small_sales")),
]

# imports
urlpatterns += [path("", include("dakehu.web.imports"))]
