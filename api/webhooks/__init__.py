"""Signed events of classrooms and providers: verified, kept word for word, read into evidence and reports."""
