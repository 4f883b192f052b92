"""A coordinator's pages: the week, changing series, terms, rooms, what needs somebody."""
