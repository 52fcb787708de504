"""Looks after what is stored: unused files, pruning, export and import, sync, verification.

Verification deletes no picture that was bought: it sets damaged files aside. Pruning asks first.
"""
