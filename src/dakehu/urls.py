"""Every address of the product."""

from django.urls import include, path

from dakehu.web import methods

urlpatterns = [
    path("login/", include("allauth.account.urls")),
    # records
    *methods.urlpatterns,
]
