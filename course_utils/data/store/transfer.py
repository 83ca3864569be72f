"""One file over HTTP: resumed where a connection was cut, never more than announced."""

from __future__ import annotations

import time

import pooch
import requests

CHUNK = 1 << 14  # bytes; at most so many are asked for twice after a cut
TIMEOUT = (10, 30)  # seconds to connect, and to wait for more
ATTEMPTS = 10  # for a connection that is cut again and again
BARREN_ATTEMPTS = 3  # in a row that bring nothing
PAUSE = 0.5  # seconds before a cut connection is opened again; doubles while nothing comes
UNKNOWN_SIZE_LIMIT = 100_000_000  # bytes, for a file whose size nobody states
RETRIED_STATUS = (408, 429, 500, 502, 503, 504)
# requests nests what happened several layers deep; the first that fits is said
WORDS = {
    requests.exceptions.SSLError: "no secure connection",
    requests.exceptions.ProxyError: "the proxy does not answer",
    requests.Timeout: "no answer in time",
    requests.ConnectionError: "no connection",
    requests.exceptions.ChunkedEncodingError: "the connection was cut at once",
}


class SourceError(Exception):
    """One address does not have the file; the next one may."""


class UnreachableError(SourceError):
    """An address sends nothing at all."""


class ResumingDownloader(pooch.HTTPDownloader):
    """pooch's download over HTTP, going on where a cut connection stopped.

    Parameters
    ----------
    session : requests.Session
        Keeps a connection open from file to file.
    size : int or None
        How many bytes are to come; None where that is not known.
    bar : tqdm
        Told of every byte.
    """

    def __init__(self, session, size, bar):
        super().__init__(progressbar=bar, chunk_size=CHUNK, timeout=TIMEOUT, stream=True)
        self.session = session
        self.size = size

    def __call__(self, url, output_file, pooch, check_only=False):
        """Download one file.

        Parameters
        ----------
        url : str
            Where it is.
        output_file : str
            Where it goes.
        pooch, check_only : object
            Not used; pooch hands them over.

        Raises
        ------
        SourceError
            If the address does not have it.
        OSError
            If it cannot be written.
        """
        with open(output_file, "wb") as target:
            try:
                self._receive_all(url, target)
            except SourceError:
                self.progressbar.update(-target.tell())
                raise

    def _receive_all(self, url, target):
        barren = 0
        for _ in range(ATTEMPTS):
            start = target.tell()
            problem = self._receive(url, target)
            if problem is None:
                return
            barren = 0 if target.tell() > start else barren + 1
            if barren == BARREN_ATTEMPTS:
                break
            time.sleep(PAUSE * 2**barren)
        raise (SourceError if target.tell() else UnreachableError)(problem)

    def _receive(self, url, target):
        """Ask for what is missing; return None when the file is whole, else what went wrong."""
        start, problem = target.tell(), None
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            with self.session.get(url, headers=headers, **self.kwargs) as response:
                if response.status_code in RETRIED_STATUS:
                    return f"HTTP status {response.status_code}"
                response.raise_for_status()
                if start and not _goes_on(response, start):
                    target.seek(0)
                    target.truncate()
                    self.progressbar.update(-start)
                self._write(response, target)
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            came = target.tell()
            problem = (
                f"the connection was cut after {came:,} bytes" if came else in_one_line(error)
            )
        except requests.RequestException as error:
            raise SourceError(in_one_line(error)) from error
        if target.tell() == self.size:
            return None
        if problem is None and self.size is not None:
            problem = f"only {target.tell():,} of {self.size:,} bytes came"
        return problem

    def _write(self, response, target):
        limit = UNKNOWN_SIZE_LIMIT if self.size is None else self.size
        for chunk in response.iter_content(self.chunk_size):
            if target.tell() + len(chunk) > limit:
                raise SourceError(f"it sends more than the {limit:,} bytes that are expected")
            target.write(chunk)
            self.progressbar.update(len(chunk))


def _goes_on(response, start):
    """Return whether a response is the rest of a file and not all of it once more."""
    return response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
        f"bytes {start}-"
    )


def in_one_line(error):
    """Return what an error says in one line."""
    if isinstance(error, requests.HTTPError):
        return f"HTTP status {error.response.status_code}"
    for kind, words in WORDS.items():
        if isinstance(error, kind):
            return words
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
