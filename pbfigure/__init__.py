"""What both front ends share: requests and their keys, the store, the API, the command."""

__version__ = "0.1.0"
