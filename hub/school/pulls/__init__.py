"""Scheduled pulls: where a school's data is fetched by itself, when, and what became of it."""
