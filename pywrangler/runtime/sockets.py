"""WebSockets: the one face of `links`, `websockets` and `hibernation` (spec/websocket.md)."""

from pywrangler.runtime.hibernation import HibernationSet, WebSocketRequestResponsePair
from pywrangler.runtime.links import End, Mode, PairLink, couple
from pywrangler.runtime.websockets import WebSocket, WebSocketPair

__all__ = [
    "End",
    "HibernationSet",
    "Mode",
    "PairLink",
    "WebSocket",
    "WebSocketPair",
    "WebSocketRequestResponsePair",
    "couple",
]
