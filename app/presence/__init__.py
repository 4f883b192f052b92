"""Who was there: check-in, substitutes, corrections with their trace, and the hours that count."""
