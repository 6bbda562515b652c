"""Content types by file name; a table of our own, because `mimetypes` differs from machine to machine."""

from __future__ import annotations

DEFAULT = "application/octet-stream"

_TEXT = {
    "css": "text/css", "csv": "text/csv", "htm": "text/html", "html": "text/html", "ics": "text/calendar",
    "js": "text/javascript", "log": "text/plain", "markdown": "text/markdown", "md": "text/markdown",
    "mjs": "text/javascript", "rtf": "text/rtf", "shtml": "text/html", "txt": "text/plain", "vtt": "text/vtt",
    "yaml": "text/yaml", "yml": "text/yaml", "ini": "text/plain", "conf": "text/plain",
    "tsv": "text/tab-separated-values",
}  # fmt: skip
_OTHER = {
    "aac": "audio/aac", "apng": "image/apng", "atom": "application/atom+xml", "avif": "image/avif",
    "avi": "video/x-msvideo", "bmp": "image/bmp", "cjs": "application/node", "eot": "application/vnd.ms-fontobject",
    "epub": "application/epub+zip", "flac": "audio/x-flac", "gif": "image/gif", "glb": "model/gltf-binary",
    "gltf": "model/gltf+json", "gz": "application/gzip", "heic": "image/heic", "ico": "image/vnd.microsoft.icon",
    "jar": "application/java-archive", "jpeg": "image/jpeg", "jpg": "image/jpeg", "json": "application/json",
    "jsonld": "application/ld+json", "jxl": "image/jxl", "m4a": "audio/mp4", "m4v": "video/x-m4v",
    "map": "application/json", "mid": "audio/midi", "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4",
    "mpeg": "video/mpeg", "oga": "audio/ogg", "ogg": "audio/ogg", "ogv": "video/ogg", "opus": "audio/ogg",
    "otf": "font/otf", "pdf": "application/pdf", "png": "image/png", "rss": "application/rss+xml",
    "svg": "image/svg+xml", "tar": "application/x-tar", "tif": "image/tiff", "tiff": "image/tiff",
    "toml": "application/toml", "ttf": "font/ttf", "wasm": "application/wasm", "wav": "audio/wav",
    "weba": "audio/webm", "webm": "video/webm", "webmanifest": "application/manifest+json", "webp": "image/webp",
    "woff": "font/woff", "woff2": "font/woff2", "xhtml": "application/xhtml+xml", "xml": "application/xml",
    "zip": "application/zip", "7z": "application/x-7z-compressed",
}  # fmt: skip

_TYPES = {**{suffix: f"{kind}; charset=utf-8" for suffix, kind in _TEXT.items()}, **_OTHER}


def media_type(path: str) -> str:
    """Return the value of Content-Type for a file name; text says that it is UTF-8."""
    name = path.rpartition("/")[2]
    return _TYPES.get(name.rpartition(".")[2].lower(), DEFAULT) if "." in name else DEFAULT
