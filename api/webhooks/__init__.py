"""Signed events of real classrooms: verified, kept word for word, read into evidence."""
