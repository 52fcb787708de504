"""The service as its API reference describes it: five endpoints, their errors, and the images."""
