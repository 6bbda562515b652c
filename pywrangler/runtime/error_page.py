"""The page that a browser gets for an uncaught exception: one HTML document without anything to fetch."""

from __future__ import annotations

import linecache
from html import escape
from typing import TYPE_CHECKING

from pywrangler.runtime.frames import Frame, shown_path
from pywrangler.runtime.tracebacks import Link, chain

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT_LINES = 4
"""Source lines shown above and below the line of a frame."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5d6678; --paper: #f6f5f2; --card: #fff; --line: #e2dfd8;
  --accent: #c2410c; --hit: #fff1e6; --code: #fbfaf8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --soft: #9aa1af; --paper: #15171c; --card: #1d2027;
  --line: #2e323b; --accent: #fb923c; --hit: #38271b; --code: #191c22; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
header p { margin: 0; color: var(--soft); font-size: .85rem; letter-spacing: .04em; text-transform: uppercase; }
h1 { margin: .25rem 0 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; white-space: pre-wrap; }
h1 b { color: var(--accent); }
h2 { margin: 2.5rem 0 0; font-size: 1.1rem; overflow-wrap: anywhere; white-space: pre-wrap; }
h2 small { display: block; color: var(--soft); font-weight: 400; }
section { margin-top: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  overflow: hidden; }
section h3 { margin: 0; padding: .65rem 1rem; font: 600 .85rem ui-monospace, Menlo, Consolas, monospace;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
section h3 span { color: var(--soft); font-weight: 400; }
pre { margin: 0; overflow-x: auto; background: var(--code);
  font: .85rem/1.65 ui-monospace, Menlo, Consolas, monospace; tab-size: 4; }
pre code { display: block; min-width: max-content; padding: .4rem 0; }
pre i { display: block; padding: 0 1rem 0 0; font-style: normal; }
pre i::before { content: attr(data-line); display: inline-block; width: 3.5rem; padding-right: 1rem;
  text-align: right; color: var(--soft); }
pre i.hit { background: var(--hit); box-shadow: inset 3px 0 var(--accent); }
mark { background: none; color: inherit; text-decoration: underline wavy var(--accent); text-underline-offset: 4px; }
pre.text { padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
p.folded { margin: .75rem 0 0; color: var(--soft); font-size: .9rem; }
"""


def render(exc: BaseException, root: Path) -> str:
    """Return the page for `exc`; everything that came from code or data is escaped."""
    links = list(chain(exc, root))
    title = escape(links[0].headline.splitlines()[0] if links[0].headline else type(exc).__name__)
    body = "".join(_link(link, is_first=index == 0) for index, link in enumerate(links))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _link(link: Link, *, is_first: bool) -> str:
    if is_first:
        kind, colon, message = link.headline.partition(":")
        heading = f"<b>{escape(kind)}</b>{colon}{escape(message)}"
        parts = [f"<header><p>Uncaught exception</p><h1>{heading}</h1></header>\n"]
    else:
        parts = [f"<h2><small>{escape(link.relation.rstrip(': '))}</small>{escape(link.headline)}</h2>\n"]
    parts.extend(_frame(frame) for frame in reversed(link.listed))
    if link.folded:
        parts.append(f'<p class="folded">{escape(link.folded)}</p>\n')
    if link.remote:
        parts.append(
            f'<section><h3>On the other side of the call</h3><pre class="text">{escape(link.remote)}</pre></section>\n'
        )
    return "".join(parts)


def _frame(frame: Frame) -> str:
    place = f"{escape(shown_path(frame.path))}:{frame.line} <span>in {escape(frame.function)}</span>"
    first = max(1, frame.line - CONTEXT_LINES)
    rows = []
    for number in range(first, frame.line + CONTEXT_LINES + 1):
        source = linecache.getline(frame.path, number).rstrip("\r\n")
        if number == frame.line:
            rows.append(f'<i class="hit" data-line="{number}">{_marked(frame, source or frame.source)}</i>')
        elif source or number < frame.line:
            rows.append(f'<i data-line="{number}">{escape(source)}</i>')
    return f"<section><h3>{place}</h3><pre><code>{''.join(rows)}</code></pre></section>\n"


def _marked(frame: Frame, source: str) -> str:
    start, end = frame.column, frame.end_column
    if start < 0 or end <= start or (not source[:start].strip() and end >= len(source.rstrip())):
        return escape(source)
    return f"{escape(source[:start])}<mark>{escape(source[start:end])}</mark>{escape(source[end:])}"
