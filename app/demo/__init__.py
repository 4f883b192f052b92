"""The demonstration: three centres, their people and twelve weeks of life, always the same."""
