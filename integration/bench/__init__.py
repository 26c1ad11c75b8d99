"""Figures on real servers: `make bench`."""
