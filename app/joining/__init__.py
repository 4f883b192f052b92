"""Coming to something without an account: two short pages, a card on paper, the centre's desk."""
