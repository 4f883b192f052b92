"""What people agree to: on their own page, to a mediator, and who may be on a photo."""
