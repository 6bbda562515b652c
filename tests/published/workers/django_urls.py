"""Views, synchronous and asynchronous."""

import asyncio
import json

from asgiref.sync import async_to_sync, sync_to_async
from django.core.management import call_command
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from notes.models import Note, Tag
from workers import env


def migrate(request):
    call_command("migrate", verbosity=0, interactive=False)
    return HttpResponse("migrated")


class Notes(View):
    def get(self, request):
        query = Note.objects.order_by("id").prefetch_related("tags")
        if "q" in request.GET:
            query = query.filter(title__icontains=request.GET["q"])
        return JsonResponse({"notes": [note.as_dict() for note in query]})

    def post(self, request):
        data = json.loads(request.body)
        note = Note.objects.create(title=data["title"], stars=data.get("stars", 0))
        for name in data.get("tags", []):
            tag, _ = Tag.objects.get_or_create(name=name)
            note.tags.add(tag)
        return JsonResponse(note.as_dict(), status=201)


def note(request, number):
    found = get_object_or_404(Note, pk=number)
    if request.method == "DELETE":
        found.delete()
        return HttpResponse(status=204)
    if request.method == "PUT":
        found.title = json.loads(request.body)["title"]
        found.save()
    return JsonResponse(found.as_dict())


def page(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return render(request, "page", {"title": "Django", "items": [1, 2]})


def totals(request):
    from django.db.models import Avg, Count, Max

    found = Note.objects.aggregate(Count("id"), Max("stars"), Avg("stars"))
    return JsonResponse(
        {**found, "tags": list(Tag.objects.annotate(n=Count("note")).values_list("name", "n").order_by("name"))}
    )


def crash(request):
    raise RuntimeError("django crashed")


async def asynchronous(request):
    value = await env.COUNTED.getByName("a").count() if hasattr(env, "COUNTED") else 0
    results = await asyncio.gather(asyncio.sleep(0, 1), sync_to_async(lambda: 2)())
    return JsonResponse({"results": results, "value": value, "method": request.method})


def inside(request):
    return JsonResponse({"value": async_to_sync(asyncio.sleep)(0.001, 5)})


async def stream(request):
    async def parts():
        for n in range(3):
            await asyncio.sleep(0)
            yield f"{n};"

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("migrate", migrate),
    path("notes", csrf_exempt(Notes.as_view())),
    path("notes/<int:number>", csrf_exempt(note)),
    path("totals", totals),
    path("wsgi/page", page),
    path("wsgi/go", lambda request: redirect("/wsgi/page")),
    path("wsgi/crash", crash),
    path("wsgi/inside", inside),
    path("async/view", asynchronous),
    path("async/stream", stream),
    path("async/page", page),
    path("async/inside", inside),
]
