"""Names under which packages are installed that differ from those under which they are imported.

For well-known packages; of what is installed, the metadata tells.
"""

from __future__ import annotations

from pywrangler.packages.distributions import canonical

_KNOWN = {
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "Levenshtein": "levenshtein",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "MySQLdb": "mysqlclient",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "discord": "discord-py",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "engineio": "python-engineio",
    "fitz": "pymupdf",
    "flask_cors": "flask-cors",
    "git": "gitpython",
    "github": "pygithub",
    "google.auth": "google-auth",
    "google.cloud.storage": "google-cloud-storage",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "markdown": "markdown",
    "mpl_toolkits": "matplotlib",
    "multipart": "python-multipart",
    "nacl": "pynacl",
    "openapi_spec_validator": "openapi-spec-validator",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pymysql": "pymysql",
    "pythonjsonlogger": "python-json-logger",
    "rest_framework": "djangorestframework",
    "ruamel.yaml": "ruamel-yaml",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "socketio": "python-socketio",
    "sqlalchemy": "sqlalchemy",
    "telegram": "python-telegram-bot",
    "usb": "pyusb",
    "uvloop": "uvloop",
    "websocket": "websocket-client",
    "wx": "wxpython",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
_SHARED = {"azure": 3, "backports": 2, "google": 3, "jaraco": 2, "opentelemetry": 2, "ruamel": 2, "zope": 2}
"""Packages that many distributions have a part of, and how many names lead to it."""
_SHARED_INNER = ("azure.ai", "azure.mgmt", "azure.storage", "google.cloud")


def is_shared(module: str) -> bool:
    """Tell whether many distributions have a part of a module, so that its name leads to none of them.

    On the package index such names belong to nobody, or to somebody else.
    """
    return module in _SHARED or module in _SHARED_INNER


def distributions_of(module: str) -> tuple[str, ...]:
    """Return the canonical names of distributions that a module may belong to, the likeliest first.

    A dotted name may belong to a part of a package that several share (`google.protobuf`, `azure.storage.blob`).
    """
    parts = module.split(".")
    dotted = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    known = [_KNOWN[name] for name in dotted if name in _KNOWN]
    first = ".".join(parts[: _SHARED.get(parts[0], 1)])
    return tuple(dict.fromkeys((*known, canonical(first), *map(canonical, dotted))))
