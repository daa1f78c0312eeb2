"""Extractive summaries, key phrases and language guesses, in pure Python and within a bounded time."""
