"""Maintains the stores: lists, verifies and repairs them.

No bought picture is deleted here: a damaged file is set aside.
"""
