"""Pages: HTML over the same functions and queries as the HTTP API."""
