# What collect_settings.py writes.

SETTINGS: dict[str, str]
