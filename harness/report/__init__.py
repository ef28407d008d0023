"""Evidence that people can read: the verdict, the incident report and the page, written from one history."""
