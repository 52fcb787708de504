"""Makes missing pictures: each is paid for once, within the rate limit, through any crash."""
