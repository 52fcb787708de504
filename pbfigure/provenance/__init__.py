"""What a published copy of a picture says of its origin, and what a signed one says itself."""
