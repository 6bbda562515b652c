"""Django on the storage of a Durable Object, through django-cf, for the SDK that its release was written for."""

import os

import django
from django_cf import DjangoCFDurableObject, handle_wsgi
from workers import DurableObject, WorkerEntrypoint

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_settings")
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()


class Site(DjangoCFDurableObject, DurableObject):
    async def get_app(self):
        return application

    async def fetch(self, request):
        return await handle_wsgi(request.js_object, application)


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await self.env.SITE.get(self.env.SITE.idFromName("main")).fetch(request.js_object)
