"""PostgreSQL and Temporal from their wheels, as children that never outlive us."""
