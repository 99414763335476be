"""A family's pages, and a student's own."""
