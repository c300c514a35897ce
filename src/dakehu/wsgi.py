"""The entry of a WSGI server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dakehu.settings")
application = get_wsgi_application()

# What is loaded now stays: without this the collector walks through all of it again and again
# (5 to 10 % of a page's time). A page makes some ten thousand objects, nearly none in circles.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
