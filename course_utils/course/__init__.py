"""The course about itself: what a notebook is, whether an installation is in order."""
