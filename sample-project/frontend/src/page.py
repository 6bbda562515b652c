"""The page, as one template: everything that varies is escaped."""

from __future__ import annotations

from html import escape

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countdown · two Workers</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23e8590c'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
  <header>
    <p class="eyebrow">frontend <span aria-hidden="true">→</span> backend</p>
    <h1>{greeting}</h1>
    <p id="status" class="status" data-state="disconnected" role="status"><span class="dot" aria-hidden="true"></span><span class="text">Disconnected</span></p>
  </header>
  {problem}
  <section class="count" aria-live="polite">
    <output id="value" class="value">–</output>
    <div class="track"><div id="bar" class="bar"></div></div>
    <form id="countdown" method="post" action="/?/countdown">
      <label for="from">Count down from</label>
      <input id="from" name="from" type="number" min="0" max="3600" value="10" required>
      <button>Start</button>
    </form>
    <p id="hint" class="hint">{notice}</p>
  </section>
  <section class="log">
    <h2>Messages</h2>
    <ol id="log"></ol>
    <form id="message" method="post" action="/?/message">
      <label class="hidden" for="text">Message</label>
      <input id="text" name="text" maxlength="2000" placeholder="Say something to every open window" autocomplete="off" required>
      <button>Send</button>
    </form>
  </section>
  <footer>Opened <strong id="counter">{counter}</strong> times. The counter lives in a Durable Object of the other Worker.</footer>
</main>
<script type="module" src="/app.js" data-host="{host}" data-path="{path}" id="app"></script>
</body>
</html>
"""


def render(
    *,
    greeting: str | None,
    counter: int | None,
    problem: str | None,
    socket_host: str,
    socket_path: str,
    notice: str | None,
) -> str:
    """Return the page as text."""
    return PAGE.format(
        greeting=escape(greeting or "Nobody answers"),
        counter="–" if counter is None else int(counter),
        problem=f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else "",
        notice=escape(notice or ""),
        host=escape(socket_host, quote=True),
        path=escape(socket_path, quote=True),
    )
