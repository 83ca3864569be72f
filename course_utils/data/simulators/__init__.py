"""Data made here, with known anomalies: toys, orders, payments, a machine, pictures."""
