"""The dev session: one `pywrangler dev`. It reads configs, watches files, supervises hosts and owns the terminal.

`machine` decides (pure), `runner` performs. There is no asyncio here: a session waits for a handful of descriptors,
and importing an event loop would cost more than everything else it does at start.
"""
