"""`bellwether demo`: a month of a generated academy, told as it happens."""
