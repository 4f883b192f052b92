"""Who we know: people, their roles in each centre, the languages they speak, how they sign in."""
