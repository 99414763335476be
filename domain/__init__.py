"""The rules of attendance follow-up: pure values in, values out.

Ground floor of the house. Nothing here reads a clock, a database, the network or the environment; `now` is an
argument. `student.decide` and `student.plan` are the two ways in.
"""
