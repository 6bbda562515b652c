"""Django by both bridges: synchronous by WSGI, asynchronous by ASGI."""

import os

import django
from workers import WorkerEntrypoint, asgi, wsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_settings")
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
asynchronous = get_asgi_application()


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if "/async/" in request.url:
            return await asgi.fetch(asynchronous, request, self.env, self.ctx)
        return await wsgi.fetch(application, request, self.env)
