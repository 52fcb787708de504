"""The client of the API: its endpoints, its errors, and downloads."""
