"""Households: children, who decides for them, and coming together."""
