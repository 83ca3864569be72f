"""A user's own CSV through the course's honest table, onto one page: `command` is the way in."""
