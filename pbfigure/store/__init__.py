"""The stores: the machine's cache, a project's figures folder, and the state database."""
