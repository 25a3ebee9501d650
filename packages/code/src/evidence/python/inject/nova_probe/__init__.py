"""Watches the test runners of a command that Nova runs. Importing it without Nova's variables does nothing."""
