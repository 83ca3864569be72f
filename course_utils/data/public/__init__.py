"""Readers of data that others published: tables, pictures, recordings, logs."""
