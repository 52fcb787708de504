"""What there is: where pictures came from, what figures have, and which files nobody uses."""
