"""The demonstration behind `make demo`: two web shops, one lake."""
