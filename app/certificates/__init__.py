"""Certificates of volunteering (Law 78/2014): asked for, issued, frozen, checked by anybody."""
