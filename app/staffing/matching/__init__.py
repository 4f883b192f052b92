"""The plan: who goes where over weeks and centres, by language, with a proof of how good it is."""
