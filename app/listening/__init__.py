"""What is missing: people say it, the same wishes add up, an activity answers them."""
