"""Durable Object bindings: namespaces and stubs (spec/durable-objects.md, sections 1, 2 and 8).

Making a stub does nothing to the object. A stub that saw its object reset stays broken, as on the platform: later
calls fail with the same reason, and a new stub is needed. A lost connection breaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.stubs import ChannelStub
from pywrangler.runtime import ids
from pywrangler.runtime.channels.bindings import register_binding
from pywrangler.runtime.ids import DurableObjectId
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.ports import Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from pywrangler.runtime.js.request import Request
    from pywrangler.runtime.ports import FaceName, Router

NO_JURISDICTIONS = "Jurisdiction restrictions are not implemented in workerd."


class DurableObjectStub(ChannelStub, js_name="DurableObject"):
    """A stub of one object."""

    __slots__ = ("_broken", "_id")

    def __init__(self, router: Router, target: Target, object_id: DurableObjectId | None = None) -> None:
        super().__init__(router, target)
        self._id: DurableObjectId = object_id or DurableObjectId.new(target.object_id, target.object_name)
        self._broken: JsException | None = None

    @property
    def id(self) -> DurableObjectId:
        """The id of the object."""
        return self._id

    @property
    def name(self) -> str | None:
        """The name the id was made of, if it was."""
        return self._id.name

    def _invoke(self, path: Sequence[str], arguments: Sequence[Any], face: FaceName) -> JsPromise:
        if self._broken is not None:
            return JsPromise.rejected(_again(self._broken))
        return super()._invoke(path, arguments, face)

    def _fetch(self, request: Request) -> JsPromise:
        """Send a raw Request. Starts now."""
        if self._broken is not None:
            return JsPromise.rejected(_again(self._broken))
        return super()._fetch(request)

    def _promise(self, future: Awaitable[Any]) -> JsPromise:
        future.add_done_callback(self._settled)  # type: ignore[attr-defined]
        return super()._promise(future)

    def _settled(self, future: Any) -> None:
        # Read without `exception()`, which would count as handling the error.
        problem = future._exception
        if problem is not None and isinstance(problem, JsException) and problem.properties.get("durableObjectReset"):
            self._broken = problem


def _again(problem: JsException) -> JsException:
    """Return a copy, so that tracebacks do not pile up on one error."""
    return JsException(problem.name, problem.message, problem.stack, dict(problem.properties))


class DurableObjectNamespace(JsProxy):
    """A binding to a class: `DurableObjectNamespace.new(router, worker, class_name)`."""

    __slots__ = ("_class_name", "_router", "_worker")

    def __init__(self, router: Router, worker: str, class_name: str) -> None:
        self._router = router
        self._worker = worker
        self._class_name = class_name

    def idFromName(self, name: Any) -> DurableObjectId:
        """Return the id of the object called `name`; anything but a string is made one."""
        text = to_string(name)
        object_id: DurableObjectId = DurableObjectId.new(ids.id_from_name(self._worker, self._class_name, text), text)
        return object_id

    def idFromString(self, text: Any) -> DurableObjectId:
        """Return the id that 64 hex digits stand for; TypeError if they are malformed or of another namespace."""
        digits = ids.id_from_string(self._worker, self._class_name, to_string(text))
        object_id: DurableObjectId = DurableObjectId.new(digits)
        return object_id

    def newUniqueId(self, options: Any = None, *, jurisdiction: Any = None) -> DurableObjectId:
        """Return a new id; jurisdictions do not exist locally."""
        wanted = jurisdiction if jurisdiction is not None else getattr(options, "jurisdiction", None)
        if wanted is not None and wanted is not jsnull:
            raise error(NO_JURISDICTIONS)
        object_id: DurableObjectId = DurableObjectId.new(ids.new_unique_id(self._worker, self._class_name))
        return object_id

    def get(self, id: Any, options: Any = None, /, **hints: Any) -> DurableObjectStub:  # noqa: ARG002 - no places here
        """Return a stub for an id; location hints have no meaning locally."""
        if not isinstance(id, DurableObjectId):
            raise type_error(
                "Failed to execute 'get' on 'DurableObjectNamespace': parameter 1 is not of type 'DurableObjectId'."
            )
        target = Target(self._worker, "object", self._class_name, str(id), id.name)
        stub: DurableObjectStub = DurableObjectStub.new(self._router, target, id)
        return stub

    def getByName(self, name: Any, options: Any = None, /, **hints: Any) -> DurableObjectStub:
        """Return a stub for a name."""
        return self.get(self.idFromName(name), options, **hints)

    def jurisdiction(self, jurisdiction: Any = None) -> DurableObjectNamespace:
        """Return the namespace itself; jurisdictions other than null do not exist locally."""
        if jurisdiction is not None and jurisdiction is not jsnull:
            raise error(NO_JURISDICTIONS)
        return self


def _received(router: Router, target: Target) -> DurableObjectStub:
    stub: DurableObjectStub = DurableObjectStub.new(router, target)
    return stub


register_binding("object", _received)
