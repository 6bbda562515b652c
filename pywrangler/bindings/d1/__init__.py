"""D1 databases (spec/bindings.md, section 3).

`binding` is what user code has, in JavaScript's terms; `thread` runs a database's queries one after another beside the
event loop; `file` is the SQLite file with the rules for what SQL may do. `pywrangler d1` and the pytest plugin use the
same files through `file`, `migrations` and `dump`.
"""
