"""What the bridges to ASGI and WSGI have in common."""

from workers.gateway.options import BaseOptions as BaseOptions
from workers.gateway.options import EncodeBody as EncodeBody
