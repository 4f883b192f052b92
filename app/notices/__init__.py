"""What we owe people: the outbox, written in the same transaction as the deed, and its delivery."""
