"""A chat room: what one says, all hear; who comes late gets the last messages.

Sockets are accepted with hibernation: between messages the object may leave memory while they stay open.
"""

import json

from js import WebSocketPair
from workers import DurableObject, Response

KEPT_MESSAGES = 20
LONGEST_MESSAGE = 2000


class Room(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)")

    async def fetch(self, request):
        client, server = WebSocketPair.new().object_values()
        self.ctx.acceptWebSocket(server)
        rows = self.sql.exec("SELECT text FROM messages ORDER BY id DESC LIMIT ?", KEPT_MESSAGES).toArray()
        server.send(json.dumps({"type": "history", "messages": [row["text"] for row in reversed(rows)]}))
        self.announce()
        return Response(None, status=101, web_socket=client)

    async def webSocketMessage(self, ws, message):
        text = message.strip()[:LONGEST_MESSAGE] if isinstance(message, str) else ""
        if not text:
            return
        self.sql.exec("INSERT INTO messages (text) VALUES (?)", text)
        self.sql.exec("DELETE FROM messages WHERE id <= (SELECT max(id) FROM messages) - ?", KEPT_MESSAGES)
        self.send_to_all({"type": "message", "text": text})

    async def webSocketClose(self, ws, code, reason, was_clean):
        # 1005 and 1006 say that there was no code; they must not be sent.
        ws.close(1000 if code in (1005, 1006) else code, reason)
        self.announce(leaving=ws)

    def announce(self, leaving=None):
        sockets = [socket for socket in self.ctx.getWebSockets() if socket is not leaving]
        self.send_to_all({"type": "people", "count": len(sockets)}, sockets)

    def send_to_all(self, message, sockets=None):
        text = json.dumps(message)
        for socket in self.ctx.getWebSockets() if sockets is None else sockets:
            try:
                socket.send(text)
            except Exception as problem:  # a socket that is closing just now
                print(f"not delivered: {problem}")
