"""Who must hear what, when, and the letter each of them reads."""
