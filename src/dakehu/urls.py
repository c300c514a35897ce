"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("login/", include("allauth.account.urls")),
    path("", include("dakehu.web.funnel")),
    path("", include("dakehu.web.numbers")),
]
