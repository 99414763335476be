"""`bellwether replay`: a real term, driven through the API."""
