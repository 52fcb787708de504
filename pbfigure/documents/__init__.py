"""The documents that a verb opens: their figures, plans and purchases, and what authors decide."""
