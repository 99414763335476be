"""Lessons and groups: who was there, what is not recorded."""
