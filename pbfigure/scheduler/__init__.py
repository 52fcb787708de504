"""Makes what is missing: each picture once, within the rate limit, through any crash."""
