"""Hands: one I/O step each, idempotent, dependencies passed to the constructor."""
