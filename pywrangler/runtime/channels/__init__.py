"""Channels: how events reach Workers, in the same host and in others (spec/registry.md, spec/durable-objects.md 8)."""
