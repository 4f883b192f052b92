"""Bringing people in: adding somebody, inviting them by letter, a new password."""
