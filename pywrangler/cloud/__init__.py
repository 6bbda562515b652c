"""Cloudflare's REST API (spec/deploy-api.md): one module per thing that can be asked of it."""
