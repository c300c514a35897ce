"""The product's addresses and /gallery/."""

from django.urls import path

from dakehu.urls import urlpatterns as product
from tests.gallery.views import gallery

urlpatterns = [*product, path("gallery/", gallery, name="gallery")]
