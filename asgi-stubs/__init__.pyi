"""Another name of `workers.asgi`."""

from workers.asgi import Application as Application
from workers.asgi import env as env
from workers.asgi import fetch as fetch
from workers.asgi import websocket as websocket
