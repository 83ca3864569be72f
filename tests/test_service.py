"""The scoring service, asked in this process: what it answers, refuses, counts, and never does."""

import asyncio
import json
import math
import subprocess
import sys
import threading
from pathlib import Path

from course_utils import serve
from course_utils.serve import service

import httpx
import numpy as np
import pytest
import schemathesis
import served_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a-token-that-nobody-guesses"
ROW = [1.0, -2.0, 3.0]
JSON = {"Content-Type": "application/json"}
thorough = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    return serve.Scorer(served_file.write(tmp_path_factory.mktemp("served") / "distance.onnx"))


@pytest.fixture
def app(scorer):
    return service.make_app(scorer, most_rows=100, most_bytes=10_000)


def client_of(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://here")


def ask(app, method, path, **request):
    """Send one request and return the answer; an error has its form, and is short."""

    async def send():
        async with client_of(app) as client:
            return await client.request(method, path, **request)

    answer = asyncio.run(send())
    if answer.status_code >= 400 and path != "/health":
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json()) == ["detail"]
        assert len(answer.content) < 400
    return answer


def score(app, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(app, "POST", "/score", content=content, headers={**JSON, **headers})


def counted(app):
    """Return the counts of /metrics: (name, label's value or None) → number."""
    text = ask(app, "GET", "/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# --- what it answers


def test_scores_are_the_scorers_in_the_rows_order(app, scorer):
    rows = np.random.default_rng(0).normal(0, 3, (100, 3))
    answer = score(app, {"rows": rows.tolist()})
    assert answer.status_code == 200
    found = answer.json()
    assert found["scores"] == scorer.decision_function(rows).tolist()
    assert found["scores"] == pytest.approx(served_file.scores(rows))
    assert found["anomalies"] == scorer.predict(rows).tolist()
    assert 0 < sum(found["anomalies"]) < 100
    assert found["threshold"] == served_file.THRESHOLD


def test_a_score_on_the_threshold_is_no_anomaly_and_the_next_larger_one_is(app):
    rows = [[2.5, 2.5, 2.5], [2.5, 2.5, 2.5000001]]
    assert score(app, {"rows": rows}).json()["anomalies"] == [0, 1]


def test_numbers_may_be_whole_and_as_large_as_float64(app):
    answer = score(app, {"rows": [[1, 2, 10**300], [-0.0, 5e-324, 2**70]]})
    assert answer.json()["scores"] == pytest.approx([10**300 / 3, 2**70 / 3])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_score_that_is_no_number_is_null_and_an_alarm(bad):
    app = service.make_app(_Stand(lambda X: np.where(X[:, 0] > 0, bad, 0.0)))
    found = score(app, {"rows": [[1.0, 0, 0], [0.0, 0, 0]]}).json()
    assert found["scores"] == [None, 0.0]
    assert found["anomalies"] == [1, 0]
    counts = counted(app)
    assert counts["scoring_anomalies_total",] == 1
    assert counts["scoring_scores_bucket", "2.5"] == 1
    assert counts["scoring_scores_bucket", "+Inf"] == 2
    assert counts["scoring_scores_sum",] == 0


class _Stand:
    """Something in a Scorer's place whose scores a test chooses."""

    columns, threshold_, detector = 3, 2.5, "Stand"

    def __init__(self, decision_function, feature_names=None):
        self.decision_function, self.feature_names = decision_function, feature_names


def test_names_may_be_sent_along_and_must_be_the_detectors(tmp_path):
    names = ["flow", "größe: x", "heat"]
    app = service.make_app(serve.Scorer(served_file.write(tmp_path / "d.onnx", names=names)))
    assert ask(app, "GET", "/health").json()["names"] == names
    for sent in (
        {"rows": [ROW]},
        {"rows": [ROW], "columns": names},
        {"columns": names, "rows": [ROW]},
    ):
        assert score(app, sent).json()["scores"] == [2.0]
    for wrong, words in {
        ("größe: x", "flow", "heat"): "position 0; 'flow' is expected",
        ("flow", "größe: x"): "2 names; 3 expected",
        ("flow", "größe: x", "heat", "heat"): "4 names; 3 expected",
        ("flow", "größe: x", "Heat"): "'Heat' at position 2",
    }.items():
        answer = score(app, {"rows": [ROW], "columns": wrong})
        assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    twice = json.dumps({"rows": [ROW], "columns": names})[:-1] + f', "rows": [{ROW}]}}'
    assert "'rows' comes twice" in score(app, twice.encode()).json()["detail"]
    nan = score(app, b'{"rows": [[1, NaN, 3]]}').json()["detail"]
    assert nan.startswith("Row 0, column 1 ('gr\\xf6\\xdfe: x')")


def test_health_says_what_is_served(app):
    answer = ask(app, "GET", "/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "detector": "Distance",
        "columns": 3,
        "names": None,
        "threshold": 2.5,
    }


# --- what it refuses


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "empty"),
        (b" \n", 400, "empty"),
        (b"rows", 400, "no JSON"),
        (b'{"rows": [[1, 2, 3]]', 400, "no JSON"),
        (b'{"rows": [[1, 2, 3]]} x', 400, "no JSON"),
        (b'{"rows": [[1, 2, 03]]}', 400, "no JSON"),
        (b'{"rows": [[1, 2, nan]]}', 400, "no JSON"),
        (b'{"rows": [[1, 2, 3]], "\xff": 1}', 400, "no JSON"),
        (b'{"rows": [[1, 2, 3]], "\\ud800": 1}', 400, "no JSON"),
        ('{"rows": [[1, 2, 3]]}'.encode("utf-16"), 400, "no JSON"),
        (b"[" * 5_000, 400, "recursion"),
        (b"[[1, 2, 3]]", 422, "no JSON object"),
        (b"null", 422, "no JSON object"),
        (b"{}", 422, "no rows"),
        (b'{"rows": null}', 422, "rows is no list"),
        (b'{"rows": NaN}', 422, "rows is no list"),
        (b'{"rows": {"0": [1, 2, 3]}}', 422, "rows is no list"),
        (b'{"rows": []}', 422, "rows is empty"),
        (b'{"rows": [1, 2, 3]}', 422, "Row 0 is no list"),
        (b'{"rows": [[1, 2, 3], "123"]}', 422, "Row 1 is no list"),
        (b'{"rows": [[]]}', 422, "Row 0 has only 0 of 3"),
        (b'{"rows": [[1, 2, 3], [1, 2]]}', 422, "Row 1 has only 2 of 3"),
        (b'{"rows": [[1, 2, 3], [1, 2, 3, 4]]}', 422, "Row 1 has more than 3"),
        (b'{"rows": [[1, 2, 3], [1, NaN, 3]]}', 422, "Row 1, column 1 is NaN"),
        (b'{"rows": [[1, 2, 3], [1, 2, Infinity]]}', 422, "Row 1, column 2 is NaN, inf"),
        (b'{"rows": [[-Infinity, 2, 3]]}', 422, "Row 0, column 0 is NaN, infinite"),
        (b'{"rows": [[1e400, 2, 3]]}', 422, "Row 0, column 0 is NaN, infinite"),
        (b'{"rows": [[1' + b"0" * 400 + b", 2, 3]]}", 422, "Row 0, column 0 is NaN, infinite"),
        (b'{"rows": [[1' + b"0" * 5_000 + b", 2, 3]]}", 422, "a number that is larger than"),
        (b'{"rows": [[true, 2, 3]]}', 422, "Row 0, column 0 is no number"),
        (b'{"rows": [[1, "1.5", 3]]}', 422, "Row 0, column 1 is no number"),
        (b'{"rows": [[1, null, 3]]}', 422, "Row 0, column 1 is no number"),
        (b'{"rows": [[1, [2], 3]]}', 422, "Row 0, column 1 is no number"),
        (b'{"rows": [[1, 2, 3]], "row": 1}', 422, "'row' is unknown"),
        (b'{"rows": [[1, 2, 3]], "columns": ["a", "b", "c"]}', 422, "knows no names"),
        (b'{"rows": [[1, 2, 3]], "columns": null}', 422, "columns is no list"),
        (b'{"rows": [[1, 2, 3]], "rows": [[1, 2, 3]]}', 422, "'rows' comes twice"),
        (b'{"rows": 1, "rows": [[1, 2, 3]]}', 422, "'rows' comes twice"),
        (b'{"rows": [[1, 2, 3]], "r\\u006fws": [[1, 2, 3]]}', 422, "'rows' comes twice"),
        (b'{"rows": [' + b"[1,2,3]," * 100 + b"[1,2,3]]}", 422, "more than 100 rows"),
        (b'{"rows": [[1,2,3]], "' + b"a" * 9_000 + b'": 1}', 422, "'aaaa"),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused_with_its_place(app, body, status, words):
    answer = score(app, body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
    assert counted(app)["scoring_rows_total",] == 0


def test_a_hundred_rows_are_not_too_many(app):
    assert score(app, b'{"rows": [' + b"[1,2,3]," * 99 + b"[1,2,3]]}").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/jsonl", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_only_json_is_read(app, kind, status):
    assert score(app, {"rows": [ROW]}, **{"Content-Type": kind}).status_code == status


def test_a_missing_content_type_and_a_compressed_body_are_refused(app):
    assert ask(app, "POST", "/score", content=b'{"rows": [[1,2,3]]}').status_code == 415
    assert score(app, {"rows": [ROW]}, **{"Content-Encoding": "gzip"}).status_code == 415


def test_a_body_needs_a_length_that_is_one(app):
    answer = ask(app, "POST", "/score", headers=JSON)
    assert answer.status_code == 400  # httpx says 0
    assert _raw(app, [(b"content-type", b"application/json")])[0] == 411
    for wrong in (b"-1", b"1.5", b"many", "²".encode("latin-1")):
        headers = [(b"content-type", b"application/json"), (b"content-length", wrong)]
        assert _raw(app, headers)[0] == 400


def _raw(app, headers, messages=({"type": "http.request", "body": b"", "more_body": False},)):
    """Send what no client would; return the answer's status and headers."""
    messages, sent = list(messages), []

    async def receive():
        return messages.pop(0) if messages else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/score",
        "raw_path": b"/score",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "scheme": "http",
        "http_version": "1.1",
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def test_a_client_that_hangs_up_harms_nobody(app):
    headers = [(b"content-type", b"application/json"), (b"content-length", b"99")]
    first = {"type": "http.request", "body": b'{"rows"', "more_body": True}
    assert _raw(app, headers, [first, {"type": "http.disconnect"}])[0] == 400
    assert score(app, {"rows": [ROW]}).status_code == 200


def pieces(number, taken, size=1_000):
    async def send():
        for _ in range(number):
            taken.append(size)
            yield b"1" * size

    return send()


@pytest.mark.parametrize("number", [11, 1_000_000])
def test_a_large_body_is_refused_and_soon_read_no_further(app, number):
    taken = []
    answer = ask(app, "POST", "/score", content=pieces(number, taken), headers=JSON)
    assert answer.status_code == 413
    assert "10000 bytes" in answer.json()["detail"]
    assert len(taken) <= 55  # of 1,000 bytes: what is taken, and four times as much
    assert (answer.headers.get("connection") == "close") == (number > 55)


def test_a_body_that_says_it_is_large_is_not_read_at_all(app):
    taken = []
    headers = {**JSON, "Content-Length": "1000000000"}
    answer = ask(app, "POST", "/score", content=pieces(1_000_000, taken), headers=headers)
    assert (answer.status_code, taken) == (413, [])
    assert answer.headers["connection"] == "close"


def test_the_largest_body_is_still_read(app):
    body = b'{"rows": [[1, 2, 3]]}'
    assert score(app, body + b" " * (10_000 - len(body))).status_code == 200
    assert score(app, body + b" " * (10_001 - len(body))).status_code == 413


def test_a_body_that_never_ends_is_waited_for_only_so_long(app, monkeypatch):
    monkeypatch.setattr(service, "SECONDS_TO_SEND", 0.01)
    monkeypatch.setattr("course_utils.serve.gate.SECONDS", 0.01)

    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    first = {"type": "http.request", "body": b'{"rows"', "more_body": True}
    status, headers = _raw(app, headers, [first])
    assert (status, headers[b"connection"]) == (408, b"close")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("POST", "/score/", 404),
        ("GET", "/score", 405),
        ("DELETE", "/health", 405),
        ("POST", "/metrics", 405),
        ("OPTIONS", "/score", 405),  # so no page of elsewhere can make a browser ask here
    ],
)
def test_other_paths_and_methods_are_refused_in_the_same_form(app, method, path, status):
    assert ask(app, method, path).status_code == status


def test_the_token_guards_scores_and_counts(scorer):
    app = service.make_app(scorer, token=TOKEN)
    right = f"Bearer {TOKEN}"
    for sent, status in {
        right: 200,
        f"bearer {TOKEN}": 200,
        TOKEN: 401,
        f"Basic {TOKEN}": 401,
        f"Bearer {TOKEN}x": 401,
        f"Bearer {TOKEN[:-1]}": 401,
        "Bearer ": 401,
        "Bearer größe": 401,
    }.items():
        headers = {"Authorization": sent.encode("latin-1")}
        answer = score(app, {"rows": [ROW]}, **headers)
        assert answer.status_code == status, sent
        assert ask(app, "GET", "/metrics", headers=headers).status_code == status, sent
        if status == 401:
            assert answer.headers["www-authenticate"] == "Bearer"
            assert TOKEN not in answer.text
    assert score(app, b"no JSON").status_code == 401  # nothing is told before the token is seen
    assert "missing" in score(app, {"rows": [ROW]}).json()["detail"]
    assert ask(app, "GET", "/health").status_code == 200


@pytest.mark.parametrize(
    "token", ["", "no-token-here", "with a space in it all", "größer-als-gedacht"]
)
def test_a_token_that_is_none_is_refused(scorer, token):
    with pytest.raises(ValueError, match="at least 16 visible ASCII characters") as caught:
        service.make_app(scorer, token=token)
    assert not token or token not in str(caught.value)
    with pytest.raises(TypeError, match="token is no text"):
        service.make_app(scorer, token=7)


@pytest.mark.parametrize("limit", ["most_rows", "most_bytes", "most_waiting"])
def test_limits_are_whole_numbers_above_0(scorer, limit):
    with pytest.raises(ValueError, match=limit):
        service.make_app(scorer, **{limit: 0})


# --- under load, and when it breaks


def test_health_answers_while_rows_are_scored_and_too_many_requests_are_sent_away():
    go_on = threading.Event()

    def wait_and_score(X):
        if X.any():  # the row that is scored at the start has zeros
            assert go_on.wait(60)
        return X[:, 0]

    app = service.make_app(_Stand(wait_and_score), most_waiting=3)

    async def run():
        async with client_of(app) as client:

            async def send():
                return await client.post("/score", json={"rows": [ROW]})

            under_way = [asyncio.create_task(send()) for _ in range(2)]
            await asyncio.sleep(0.05)
            health = await client.get("/health")
            assert (health.status_code, health.json()["ready"]) == (200, True)
            under_way.append(asyncio.create_task(send()))
            await asyncio.sleep(0.05)
            refused = await send()
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) >= 1
            health = await client.get("/health")
            assert (health.status_code, health.json()["ready"]) == (503, False)
            assert not any(each.done() for each in under_way)
            go_on.set()
            answers = await asyncio.gather(*under_way)
            assert [each.json()["scores"] for each in answers] == [[1.0]] * 3
            assert (await client.get("/health")).status_code == 200

    asyncio.run(run())


def _under_way(app, size):
    """Begin a request whose body stops after `size` bytes; return its task and how to end it."""
    more = [{"type": "http.request", "body": b" " * size, "more_body": True}]
    end, sent = asyncio.Event(), []

    async def receive():
        if more:
            return more.pop()
        await end.wait()
        return {"type": "http.request", "body": b'{"rows": [[1, 2, 3]]}', "more_body": False}

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    scope = {
        "type": "http", "method": "POST", "path": "/score", "raw_path": b"/score",
        "query_string": b"", "root_path": "", "headers": headers, "scheme": "http",
        "http_version": "1.1",
    }  # fmt: skip

    async def run():
        await app(scope, receive, send)
        return sent[0]["status"]

    return asyncio.create_task(run()), end.set


def test_slow_clients_keep_nobody_out_and_their_bodies_have_a_limit_together(scorer):
    app = service.make_app(scorer, most_waiting=2, most_bytes=10_000)

    async def run():
        async with client_of(app) as client:
            slow = [_under_way(app, 9_000) for _ in range(2)]
            slow += [_under_way(app, 1) for _ in range(8)]
            await asyncio.sleep(0.05)
            assert (await client.get("/health")).status_code == 200
            assert (await client.post("/score", json={"rows": [ROW]})).status_code == 200
            late, end = _under_way(app, 9_000)  # 18,008 of 20,000 bytes are taken
            await asyncio.sleep(0.05)
            end()
            assert await late == 503
            for _, finish in slow:
                finish()
                await asyncio.sleep(0.02)
            assert [await each for each, _ in slow] == [200] * 10
            room, end = _under_way(app, 9_000)  # theirs was given back
            end()
            assert await room == 200

    asyncio.run(run())


def test_a_failure_is_said_in_the_same_form_without_its_inside():
    def fail(X):
        if X.any():
            raise RuntimeError("the inside")
        return X[:, 0]

    app = service.make_app(_Stand(fail), most_waiting=1)
    for _ in range(3):  # its place is given back
        answer = score(app, {"rows": [ROW]})
        assert answer.status_code == 500
        assert "inside" not in answer.text
    assert counted(app)["scoring_requests_total", "500"] == 3


def test_what_cannot_score_is_not_served():
    def fail(X):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        service.make_app(_Stand(fail))
    stand = _Stand(lambda X: X[:, 0])
    stand.threshold_ = math.nan
    with pytest.raises(ValueError, match="threshold_"):
        service.make_app(stand)


def test_counts_are_those_of_the_answers(app):
    rows = np.random.default_rng(1).normal(0, 3, (90, 3))
    expected = served_file.scores(rows)
    for start in (0, 30, 60):
        score(app, {"rows": rows[start : start + 30].tolist()})
    score(app, {"rows": []})
    ask(app, "GET", "/nothing")
    counts = counted(app)
    assert counts["scoring_requests_total", "200"] == 3
    assert counts["scoring_requests_total", "422"] == 1
    assert counts["scoring_requests_total", "404"] == 1
    assert counts["scoring_request_seconds_count",] == 4
    assert counts["scoring_rows_total",] == 90
    assert counts["scoring_anomalies_total",] == (expected > 2.5).sum()
    assert counts["scoring_scores_sum",] == pytest.approx(expected.sum())
    edges = {float(key[1]): n for key, n in counts.items() if key[0] == "scoring_scores_bucket"}
    assert edges[2.5] == 90 - counts["scoring_anomalies_total",]
    assert edges == {edge: (expected <= edge).sum() for edge in edges}
    assert len(edges) == 15


@pytest.mark.parametrize("threshold", [-4.0, 0.0, 1e-9])
def test_the_histogram_of_scores_has_an_edge_on_any_threshold(threshold):
    stand = _Stand(lambda X: X[:, 0])
    stand.threshold_ = threshold
    app = service.make_app(stand)
    score(app, {"rows": [[threshold, 0, 0], [threshold + 1, 0, 0]]})
    edges = [float(k[1]) for k in counted(app) if k[0] == "scoring_scores_bucket"]
    assert edges == sorted(edges)
    assert len(set(edges)) == 15
    assert counted(app)["scoring_scores_bucket", str(threshold)] == 1


def test_two_apps_count_for_themselves(scorer):
    first, second = service.make_app(scorer), service.make_app(scorer)
    score(first, {"rows": [ROW]})
    assert counted(first)["scoring_rows_total",] == 1
    assert counted(second)["scoring_rows_total",] == 0


# --- requests that nobody thought of


def plainly(body):
    """Return the rows of a body as Python's own reader sees them, or None where it is bad."""

    def once(pairs):
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    try:
        rows = json.loads(body.decode("utf-8"), object_pairs_hook=once)
        assert list(rows) == ["rows"]
        assert 1 <= len(rows["rows"]) <= 100
        for row in rows["rows"]:
            assert type(row) is list
            assert len(row) == 3
            assert {type(each) for each in row} <= {int, float}
            assert np.isfinite(np.array(row, dtype=float)).all()
        return np.array(rows["rows"], dtype=float)
    except (AssertionError, ValueError, TypeError, OverflowError, RecursionError):
        return None


odd = st.sampled_from([math.nan, math.inf, True, None, "1.5", [], {}, [1.0], 10**400])
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
rows = st.lists(numbers, min_size=3, max_size=3)
bodies = st.fixed_dictionaries({"rows": st.lists(rows, min_size=1, max_size=4)})
odd_bodies = st.dictionaries(
    st.sampled_from(["rows", "rows ", "columns"]),
    st.lists(st.lists(numbers | odd, max_size=4), max_size=3) | odd,
    max_size=2,
)


@st.composite
def damaged(draw):
    """The bytes of a good or an odd body, often with a piece changed."""
    text = json.dumps(draw(bodies | odd_bodies)).encode()
    start = draw(st.integers(0, len(text)))
    pieces = st.sampled_from([b"", b",", b"]", b"[", b"}", b"1", b"e9", b"-", b'"', b":", b"\xff"])
    if draw(st.booleans()):
        text = text[:start] + draw(pieces) + text[start + draw(st.integers(0, 2)) :]
    return text


@settings(thorough, max_examples=200)
@given(damaged() | st.binary(max_size=60))
def test_a_body_is_scored_where_python_finds_it_good_and_else_refused(scorer, body):
    reader = service.Body(scorer.columns, None, 100)
    expected = plainly(body)
    if expected is None:
        with pytest.raises(service.BodyError) as caught:
            reader.read(body)
        assert caught.value.status in (400, 422)
        assert str(caught.value).isascii()
    else:
        assert reader.read(body).tobytes() == expected.tobytes()  # to the last bit, −0 too


@settings(thorough, max_examples=60)
@given(damaged() | st.binary(max_size=60))
def test_no_bytes_make_it_fail(app, body):
    assert score(app, body).status_code in (200, 400, 422)


def schema_of(app):
    """Return the schema as schemathesis reads it, which makes the tests below from it."""
    found = schemathesis.openapi.from_asgi("/openapi.json", app)
    found.config.generation.update(max_examples=30)
    return found


open_schema = schema_of(service.make_app(_Stand(served_file.scores), most_rows=4))
guarded_schema = schema_of(
    service.make_app(
        _Stand(served_file.scores, ["flow", "size", "heat"]), most_rows=4, token=TOKEN
    )
)


@open_schema.parametrize()
@settings(thorough, max_examples=30)
def test_the_schema_tells_the_truth(case):
    case.call_and_validate()


@guarded_schema.parametrize()
@settings(thorough, max_examples=30)
def test_the_schema_tells_the_truth_of_a_guarded_service(case):
    case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"})


def test_the_schema_names_every_status_it_can_answer(app, scorer):
    for each, statuses in ((app, set()), (service.make_app(scorer, token=TOKEN), {"401"})):
        paths = ask(each, "GET", "/openapi.json").json()["paths"]
        expected = {"200", "400", "408", "411", "413", "415", "422", "503"} | statuses
        assert set(paths["/score"]["post"]["responses"]) == expected
        assert set(paths["/metrics"]["get"]["responses"]) == {"200"} | statuses
        assert set(paths["/health"]["get"]["responses"]) == {"200", "503"}


# --- what it needs


def test_no_network_library_of_training_is_loaded(tmp_path):
    path = served_file.write(tmp_path / "distance.onnx")
    code = (
        "import sys\n"
        "from course_utils import serve\n"
        "from course_utils.serve import command, connection, service\n"
        f"app = service.make_app(serve.Scorer({str(path)!r}))\n"
        "heavy = {'torch', 'keras', 'matplotlib', 'sklearn', 'scipy', 'pandas', 'dask'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == ""
