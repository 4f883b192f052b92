"""Bringing people in: adding somebody, a new password, signing in with a code, applying to help."""
