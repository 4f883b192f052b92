"""What we put on: rooms, activities, their meetings, who is expected, and every change."""
