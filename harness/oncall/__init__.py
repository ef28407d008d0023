"""The people end of an alert: who is paged, in what order, and what they do about it."""
