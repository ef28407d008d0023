"""What all tests have in common."""

import signal

# A shell that starts pytest in the background lets it ignore Ctrl-C, and every process that a test starts with it.
signal.signal(signal.SIGINT, signal.default_int_handler)
