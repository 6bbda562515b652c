"""The settings of the site, with its data in D1."""

from django_settings import *  # noqa: F403 - how settings are varied

DATABASES = {"default": {"ENGINE": "django_cf.d1_binding", "CLOUDFLARE_BINDING": "DB"}}
