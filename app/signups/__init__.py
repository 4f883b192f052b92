"""Learners' places: joining and leaving an activity, never past its capacity."""
