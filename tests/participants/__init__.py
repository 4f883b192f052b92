"""The participants of a centre."""
