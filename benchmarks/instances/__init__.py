"""Instances to measure the plan with: made ones by a seed, and readers for published ones."""
