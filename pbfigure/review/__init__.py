"""Every figure and all its pictures on one page, to look at, to choose from and to approve."""
