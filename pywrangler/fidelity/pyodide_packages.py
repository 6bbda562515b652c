"""Packages with compiled code that Pyodide has, as distribution names.

Source: the lock file `pyodide-lock.json` of Pyodide 0.29.0 (npm package `pyodide`, October 2025; Python 3.13, ABI
2025_0), all entries whose wheel is built for WebAssembly; `NEWER` adds packages with a recipe in
https://github.com/pyodide/pyodide-recipes in mid-2026. Packages without compiled code need no entry: they work, or fail
for another reason. Wheels for WebAssembly on the package index are not listed, so a package that is missing here is
only probably unavailable.
"""

from __future__ import annotations

AS_OF = "Pyodide 0.29 (October 2025)"

_COMPILED = """
    aiohttp apsw argon2-cffi-bindings astropy audioop-lts awkward-cpp b2d bcrypt bilby-cython biopython bitarray blosc2
    boost-histogram brotli casadi cbor-diag cffi cffi-example cftime clarabel clingo cobs contourpy coolprop coverage
    cramjam crc32c cryptography css-inline cysignals cytoolz ewah-bool-utils fastcan fastparquet fiona freesasa
    frozenlist galpy gmpy2 gsw h3 h5py highspy igraph imgui-bundle iminuit jiter kiwisolver lakers-python
    lazy-object-proxy libcst lightgbm logbook lxml lz4 markupsafe matplotlib memory-allocator mmh3 msgpack msgspec
    msprime multidict mypy ndindex netcdf4 nh3 nlopt numcodecs numpy opencv-python orjson pandas pcodec pi-heif pillow
    pillow-heif pplpy primecountpy protobuf pyclipper pycryptodome pydantic-core pyerfa pygame-ce pyheif pyiceberg
    pyinstrument pylimer-tools pymupdf pynacl pyrsistent pysam pytaglib python-calamine python-flint python-sat
    python-solvespace pywavelets pyxel pyxirr pyyaml rasterio rateslib rebound reboundx regex river robotraconteur
    rpds-py rustworkx scikit-image scikit-learn scipy shapely simplejson sisl soundfile sourmash soxr sparseqr
    sqlalchemy statsmodels swiglpk texture2ddecoder tiktoken traits tree-sitter tree-sitter-go tree-sitter-java
    tree-sitter-python tskit ujson wordcloud wrapt xgboost xxhash yarl yt zengl zfpy zstandard
"""

_NEWER = """
    arro3-compute arro3-core arro3-io asyncpg bottleneck cartopy duckdb gensim gmsh google-crc32c hdbscan healpy
    hyperscan pyarrow
"""

COMPILED = frozenset(_COMPILED.split())
NEWER = frozenset(_NEWER.split())

PURE_FALLBACK = frozenset(("charset-normalizer", "propcache", "ruamel-yaml-clib", "tomli", "tornado", "websockets"))
"""Packages whose compiled part is optional: the wheel without it does the same, slower."""
