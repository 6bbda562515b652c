"""Traces of invocations, and the tail event that brings them to other Workers."""
