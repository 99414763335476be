"""Durable waiting. A few screens in all; every decision is made below."""
