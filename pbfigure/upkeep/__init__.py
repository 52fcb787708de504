"""Looking after the stores: what is in them, what is wrong with it, and mending what can be.

Nothing that was paid for is ever deleted here: what is damaged is set aside.
"""
