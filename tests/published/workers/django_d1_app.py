"""Django on a D1 database, through django-cf, for the SDK that its release was written for."""

import os

import django
from django_cf import DjangoCF, handle_wsgi
from workers import WorkerEntrypoint

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_d1_settings")
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()


class Default(DjangoCF, WorkerEntrypoint):
    async def get_app(self):
        return application

    async def fetch(self, request):
        return await handle_wsgi(request.js_object, application)
