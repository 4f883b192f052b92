"""Signed out everywhere: by a colleague when a telephone is gone, or by oneself; with a trace."""
