"""What a client sends for scoring: bytes of JSON in, a matrix out, or one clear sentence."""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
from pydantic import ConfigDict, FailFast, Field, ValidationError, create_model


class BodyError(ValueError):
    """A body that cannot be scored.

    Parameters
    ----------
    message : str
        What is wrong and where; never more of the body than 40 characters.
    status : int
        400 for what is no JSON, 422 for JSON of another form than asked for.
    """

    def __init__(self, message, status=422):
        super().__init__(message)
        self.status = status


class Body:
    """The form that bodies must have: {"rows": [[…], …]}, and "columns" where names are known.

    Numbers are JSON's: neither NaN, Infinity or 1e400 nor true, "1.5" or null, which Python's
    usual ways of reading would let pass. Names of columns may be sent along; they must be the
    detector's, in its order.

    Parameters
    ----------
    columns : int
        Numbers in a row.
    names : list of str or None
        The columns' names, where the detector knows them.
    most_rows : int
        Rows in one body.
    """

    def __init__(self, columns, names=None, most_rows=10_000):
        self.columns, self.names, self.most_rows = columns, names, most_rows
        row = list[Annotated[float, Field(allow_inf_nan=False)]]
        row = Annotated[row, Field(min_length=columns, max_length=columns), FailFast()]
        rows = Annotated[list[row], Field(min_length=1, max_length=most_rows), FailFast()]
        # Unknown fields are kept and refused below: as errors, a body could hold 300,000 of them.
        self._model = create_model(
            "Body",
            __config__=ConfigDict(strict=True, extra="allow", protected_namespaces=()),
            rows=(rows, ...),
            columns=(Annotated[list[str], FailFast()], None),
        )

    def read(self, body):
        """Return the rows of a body.

        Parameters
        ----------
        body : bytes

        Returns
        -------
        ndarray of float64, shape (n, columns)

        Raises
        ------
        BodyError
            With the row and the column, counted from 0, where there is one to name.
        """
        if not body.strip():
            raise BodyError("The body is empty; a JSON object with rows is expected.", 400)
        try:
            sent = self._model.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise self._refusal(first) from None
        for field in sent.model_extra:
            raise BodyError(f"The field {_short(field)} is unknown; {self._fields()} expected.")
        self._refuse_twice(body, sent)
        if "columns" in sent.model_fields_set:
            self._refuse_other_names(sent.columns)
        return np.array(sent.rows, dtype=np.float64)

    def schema(self):
        """Return the same form as an OpenAPI schema.

        Returns
        -------
        dict
        """
        # no limits: what lies beyond the largest float64 by less than half its last digit is read
        # as that one, so that no decimal says where a number is refused
        number = {"type": "number"}
        row = {
            "type": "array",
            "items": number,
            "minItems": self.columns,
            "maxItems": self.columns,
        }
        rows = {"type": "array", "items": row, "minItems": 1, "maxItems": self.most_rows}
        properties = {"rows": rows}
        if self.names:
            properties["columns"] = {"type": "array", "const": self.names}
        return {
            "type": "object",
            "properties": properties,
            "required": ["rows"],
            "additionalProperties": False,
        }

    def _fields(self):
        return "rows and, where wanted, columns are" if self.names else "rows alone is"

    def _refuse_twice(self, body, sent):
        """Refuse a field that comes twice, of which most readers silently keep the last.

        Rows hold no objects. So there are at most as many fields as colons; where these are as
        many as the fields that were read, none came twice, and only elsewhere is it looked at.
        """
        if body.count(b":") == len(sent.model_fields_set):
            return
        json.loads(body, object_pairs_hook=_once)

    def _refuse_other_names(self, names):
        if not self.names:
            raise BodyError(
                "columns are sent, but this detector knows no names of columns; leave them out."
            )
        if len(names) != len(self.names):
            raise BodyError(f"columns has {len(names)} names; {len(self.names)} expected.")
        for position, (sent, own) in enumerate(zip(names, self.names, strict=True)):
            if sent != own:
                raise BodyError(
                    f"columns has {_short(sent)} at position {position}; {_short(own)} is "
                    "expected there: names and numbers come in the order of the training rows."
                )

    def _refusal(self, error):
        """Return a BodyError for the first thing that pydantic found."""
        kind, place, context = error["type"], error["loc"], error.get("ctx", {})
        if kind == "json_invalid" and "out of range" in context["error"]:  # over 4,300 digits
            return BodyError(
                f"The body has a number that is larger than float64 holds ({context['error']}); "
                "finite numbers are expected."
            )
        if kind == "json_invalid":
            return BodyError(f"The body is no JSON: {context['error']}."[:200], 400)
        if not place:
            return BodyError("The body is no JSON object; an object with rows is expected.")
        if kind == "missing":
            return BodyError("The body has no rows; a list of rows is expected.")
        if place[0] == "columns":
            return BodyError("columns is no list of texts; the names of the columns are expected.")
        if len(place) == 3:
            return self._refused_entry(kind, *place[1:])
        if len(place) == 2:
            width = {
                "too_short": f"has only {context.get('actual_length')} of {self.columns} numbers",
                "too_long": f"has more than {self.columns} numbers",
            }
            has = width.get(kind, "is no list")
            return BodyError(f"Row {place[1]} {has}; a list of {self.columns} is expected.")
        if kind == "too_short":
            return BodyError("rows is empty; at least one row is expected.")
        if kind == "too_long":
            return BodyError(
                f"rows has more than {self.most_rows} rows; send them in several requests."
            )
        return BodyError("rows is no list; a list of rows is expected.")

    def _refused_entry(self, kind, row, column):
        where = f"Row {row}, column {column}"
        if self.names:
            where += f" ({_short(self.names[column])})"
        if kind == "finite_number":
            what = "is NaN, infinite or larger than float64 holds; a finite number"
        else:
            what = "is no number; a finite number, without quotes,"
        return BodyError(f"{where} {what} is expected.")


def _once(pairs):
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise BodyError(f"The field {_short(name)} comes twice; once is expected.")
        seen.add(name)
    return dict(pairs)


def _short(text):
    """Return the beginning of a text in ASCII: an answer may hold no half of a character."""
    return ascii(text[:40])
