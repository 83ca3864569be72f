"""A detector that answers over HTTP: POST /score, GET /health, GET /metrics."""

from __future__ import annotations

import asyncio
import hmac
import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated

import course_utils
from course_utils import checks
from course_utils.serve.body import Body, BodyError
from course_utils.serve.counts import Counts
from course_utils.serve.gate import Gate

import numpy as np
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from pydantic_core import to_json

SECONDS_TO_SEND = 10.0  # a body has to be here by then
RETRY_SECONDS = 1  # what a client is asked to wait for a place
WORKERS = 2  # one batch is read while another is scored, with Python's lock released

_bearer = HTTPBearer(auto_error=False)  # the error here says what is expected


class Scores(BaseModel):
    """The answer to rows: as many scores and decisions, in their order."""

    scores: list[float | None]
    anomalies: list[int]
    threshold: float


class Health(BaseModel):
    """What is served, and whether there is a place for a request."""

    ready: bool
    detector: str
    columns: int
    names: list[str] | None
    threshold: float


class Problem(BaseModel):
    """What was wrong with a request, where, and what was expected."""

    detail: str


PROBLEMS = {
    400: "The body is no JSON, or did not arrive whole",
    401: "The token is missing or wrong",
    408: "The body did not arrive in time",
    411: "No length of a body is told",
    413: "The body is too large",
    415: "The body is not of type application/json",
    422: "The JSON is not of the form that is asked for",
    503: "Too many requests are waiting",
}


def make_app(scorer, *, token=None, most_rows=10_000, most_bytes=4_000_000, most_waiting=64):
    """Return an app that scores rows with an exported detector.

    Scoring happens beside the event loop, two batches at a time, so that /health answers while
    large batches are scored. Whatever is wrong with a request is answered with a status and
    {"detail": …}, which never repeats more than 40 characters of it.

    Parameters
    ----------
    scorer : Scorer
        Or anything with its attributes and its `decision_function`.
    token : str, optional
        What clients have to send as ``Authorization: Bearer …``, to /score and /metrics. Without
        it, everybody who reaches the service may ask.
    most_rows : int
        Rows in one request.
    most_bytes : int
        Bytes in one request's body; 10,000 rows of 20 columns with all their digits have 4 MB.
    most_waiting : int
        Requests whose bodies are here, those being scored among them; one more is answered 503.
        So is a body for which there is no room beside the others: they may have as many bytes as
        so many of the largest.

    Returns
    -------
    FastAPI

    Raises
    ------
    TypeError, ValueError
        If a limit is no whole number above 0, or the token is no such text.
    """
    most_rows = checks.positive_integer(most_rows, "most_rows")
    most_bytes = checks.positive_integer(most_bytes, "most_bytes")
    most_waiting = checks.positive_integer(most_waiting, "most_waiting")
    if token is not None:
        token = checked_token(token, "token")
    body = Body(scorer.columns, scorer.feature_names, most_rows)
    counts = Counts(scorer.threshold_)
    places, room = _Room(most_waiting), _Room(most_waiting * most_bytes)
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="scoring")
    facts = {
        "detector": scorer.detector,
        "columns": scorer.columns,
        "names": scorer.feature_names,
        "threshold": checks.in_range(scorer.threshold_, "threshold_", -math.inf, math.inf),
    }
    healths = {each: to_json({"ready": each, **facts}) for each in (False, True)}
    # the first row of all is slower than the others, and should be nobody's
    scorer.decision_function(np.zeros((1, scorer.columns)))

    app = FastAPI(
        title="Anomaly scores",
        version=course_utils.__version__,
        docs_url=None,  # its page would be loaded from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Gate, counts=counts, most_bytes=most_bytes)
    app.add_exception_handler(Exception, _answer_500)
    guarded = [] if token is None else [Depends(_guard(token))]

    def answer(sent):
        rows = body.read(sent)
        scores = scorer.decision_function(rows)
        anomalies = ~(scores <= scorer.threshold_)  # a score that is NaN is an alarm
        counts.note(scores, anomalies)
        answer = {
            "scores": scores.tolist(),
            "anomalies": anomalies.astype(int).tolist(),
            "threshold": scorer.threshold_,
        }
        return to_json(answer, inf_nan_mode="null")

    @app.post(
        "/score",
        summary="Score rows.",
        dependencies=guarded,
        response_model=Scores,
        responses=_problems(*(status for status in PROBLEMS if token or status != 401)),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": body.schema()}},
            }
        },
    )
    async def score(request: Request):
        # a place is for a body that is here: else clients that send slowly would take them all
        with room.visit() as take_bytes, places.visit() as take_place:
            sent = await _read(request, most_bytes, take_bytes)
            take_place(1)
            try:
                text = await asyncio.get_running_loop().run_in_executor(pool, answer, sent)
            except BodyError as error:
                raise HTTPException(error.status, str(error)) from error
        return Response(text, media_type="application/json")

    @app.get(
        "/health",
        summary="Say what is served.",
        response_model=Health,
        responses={503: {"model": Health, "description": "No place for another request"}},
    )
    async def health():
        ready = places.free > 0
        return Response(healths[ready], 200 if ready else 503, media_type="application/json")

    @app.get(
        "/metrics",
        summary="Say what was counted.",
        dependencies=guarded,
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **(_problems(401) if token else {}),
        },
    )
    async def metrics():
        return Response(counts.text(), media_type=CONTENT_TYPE_LATEST)

    return app


def checked_token(token, name):
    """Return a token that can stand in a header and is not guessed.

    Parameters
    ----------
    token : str
    name : str
        What messages call it; they do not repeat it.

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If it is no text of at least 16 visible ASCII characters.
    """
    expected = (
        "at least 16 visible ASCII characters without spaces are expected, such as "
        'python -c "import secrets; print(secrets.token_urlsafe())" prints'
    )
    if not isinstance(token, str):
        raise TypeError(f"{name} is no text; {expected}.")
    if len(token) < 16 or not all("!" <= each <= "~" for each in token):
        raise ValueError(f"{name} is too short or has other characters; {expected}.")
    return token


def _guard(token):
    """Return a dependency that lets requests with this token through."""

    async def guard(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]):
        given = sent.credentials if sent else ""
        if not hmac.compare_digest(given.encode(), token.encode()):
            what = "wrong" if sent else "missing"
            raise HTTPException(
                401,
                f"The token is {what}; the header Authorization: Bearer TOKEN is expected.",
                {"WWW-Authenticate": "Bearer"},
            )

    return guard


class _Room:
    """How much of something may be in the house; the event loop's own, so it needs no lock."""

    def __init__(self, number):
        self.free = number

    @contextmanager
    def visit(self):
        """Yield a function that takes some of it, for as long as the block lasts."""
        taken = 0

        def take(number):
            nonlocal taken
            if number > self.free:
                raise HTTPException(
                    503,
                    "Too many requests are waiting; send this one again later.",
                    {"Retry-After": str(RETRY_SECONDS)},
                )
            self.free -= number
            taken += number

        try:
            yield take
        finally:
            self.free += taken


async def _read(request, most_bytes, take_bytes):
    """Return a request's body, or refuse it without holding more than `most_bytes`."""
    headers = request.headers
    kind, _, more = headers.get("content-type", "").partition(";")
    charset = more.lower().replace(" ", "").replace('"', "")
    plain = headers.get("content-encoding", "identity").lower() == "identity"
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise HTTPException(415, "The body is expected as application/json in UTF-8.")
    if not plain:
        raise HTTPException(415, "The body is compressed; it is expected as it is.")
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        raise HTTPException(411, "No Content-Length is there; the length of the body is expected.")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise HTTPException(400, "Content-Length is no number of bytes.")
    too_large = HTTPException(
        413, f"The body has more than {most_bytes} bytes; send the rows in several requests."
    )
    if length is not None and int(length[:18]) > most_bytes:
        raise too_large
    parts, read = [], 0
    try:
        async with asyncio.timeout(SECONDS_TO_SEND):
            while True:
                message = await request.receive()
                if message["type"] != "http.request":
                    raise HTTPException(400, "The body ended early.")
                parts.append(message.get("body", b""))
                read += len(parts[-1])
                if read > most_bytes:
                    raise too_large
                take_bytes(len(parts[-1]))
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise HTTPException(
            408, f"The body took more than {SECONDS_TO_SEND:g} seconds; send it faster."
        ) from None


def _problems(*statuses):
    return {each: {"model": Problem, "description": PROBLEMS[each]} for each in statuses}


async def _answer_500(request, error):
    return JSONResponse({"detail": "The service failed; what happened is in its log."}, 500)
