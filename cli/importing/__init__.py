"""`bellwether import`: files from this machine into the books, and what is said of it."""
