"""Who helps: needs, the one eligibility check, offers, answers and places taken."""
