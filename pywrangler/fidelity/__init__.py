"""How faithful a Worker that runs here is to what Cloudflare will run: rules over parsed source, nothing imported.

    modules ─> walk ─> rules (imports, calls, module_scope, files, javascript) ─> report
       └─> exports ─> handlers ────────────────────────────────────────────────────┘

A finding is a `Problem` with a stable code, its place, and what to do instead.
"""

from pywrangler.fidelity.report import Report, check, check_all, summary

__all__ = ["Report", "check", "check_all", "summary"]
