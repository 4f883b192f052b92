"""What the measurements of the outbox share: a mail server with a script, and databases."""
