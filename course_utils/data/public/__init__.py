"""Readers of data that others published: tables, pictures, recordings, logs.

What holds for all of them stands here once.

A loader (`load_nab`) takes the files from the store, downloads what is missing, and returns an
`AnomalyData`. It raises DownloadError if they cannot be had, with the cure; TypeError or
ValueError for an argument that is none of those named; ValueError for a file of another form.

A parser (`parse_nab`) takes paths and returns an `AnomalyData`. It raises OSError if a file is
missing or cannot be read, and ValueError if one is not of the form that its docstring tells; the
message names the file and, in a text, the line.
"""
