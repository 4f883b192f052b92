"""Who we know: people, the centres where they have a role, the languages they speak, how they sign in."""
