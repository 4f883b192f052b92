"""What is held about a person: why and for how long, a copy of it for them, and its erasure."""
