"""Making what is missing: each picture once, at the pace the service allows, through any crash."""
