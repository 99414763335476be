"""Files into the books: read, checked whole, then written. Both doors use it, the command and the API."""
