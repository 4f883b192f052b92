"""Calendars out: public and secret links, and the iCalendar text behind them."""
