"""Orders of an online shop with four patterns of misuse, made up in the open.

The card `datasets/orders.md` states the whole model. Every account, product and order is drawn
first; columns such as the account's age and its orders of the last day are then read off what was
drawn, so that they agree with one another.
"""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData

import numpy as np

KINDS = ("card testing", "account takeover", "bulk resale", "price error")
KIND_SHARES = (0.30, 0.25, 0.25, 0.20)
COLUMNS = (
    "order number",
    "user number",
    "product number",
    "quantity",
    "price [EUR]",
    "list price [EUR]",
    "basket size [products]",
    "total [EUR]",
    "hour [h]",
    "account age [d]",
    "address distance [km]",
    "failed payments",
    "orders in 24 h",
)
DAYS = 90
PRODUCTS = 2_000
ORDERS_PER_USER = 4
BUSINESS_SHARE = 0.08
FIRST_ORDER_NUMBER = 7_000_001


def make_orders(rows=20_000, prevalence=0.02, seed=0):
    """Return the orders of 90 days in an online shop, some of them fraud or error.

    Private and business customers order as they do; `prevalence` of the orders follow one of
    four patterns:

    - "card testing": stolen card numbers are tried out with cheap orders, in bursts of about
      two hours, from fresh accounts, with failed payments before each;
    - "account takeover": an old account sends dear goods far away, mostly by night;
    - "bulk resale": a fresh account buys many pieces of one good to sell on;
    - "price error": an ordinary order at a price with the decimal point in the wrong place.

    The first three columns are numbers that name things. They measure nothing, and two of them
    leak: fraud comes in bursts, so order numbers say when it happened, and user numbers are given
    out in order of signing up.

    Parameters
    ----------
    rows : int
        How many orders, at least 500.
    prevalence : float in (0, 0.5]
        The share of orders that follow a pattern; at least one order of each.
    seed : int
        One seed, one data set.

    Returns
    -------
    AnomalyData
        X (rows, 13), units in the column names, in the order of arrival; `kinds` as above;
        `groups` are the users, so that a split keeps each on one side.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or if `rows` leaves a kind without an order.
    """
    rows = checks.integer_in_range(rows, "rows", 500)
    prevalence = checks.in_range(prevalence, "prevalence", 0, 0.5, low_open=True)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    counts = _kind_counts(rows, prevalence)
    shop = _Shop(rows, generator)
    parts = [_normal_orders(rows - sum(counts), shop, generator)]
    for kind, count in zip(KINDS, counts, strict=True):
        parts.append(_PATTERNS[kind](count, shop, generator))
    kinds = np.repeat(["", *KINDS], [rows - sum(counts), *counts])
    order = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    arrival = np.argsort(order["time"], kind="stable")
    order = {name: values[arrival] for name, values in order.items()}
    columns = _columns(order, shop, generator)
    return AnomalyData(
        X=np.stack([columns[name] for name in COLUMNS], axis=1),
        y=kinds[arrival] != "",
        feature_names=COLUMNS,
        name="Shop orders",
        source="simulated by course_utils.data.simulators.orders",
        licence="MIT, as the code",
        kinds=kinds[arrival],
        groups=columns["user number"].astype(np.int64),
    )


def _kind_counts(rows, prevalence):
    """How many orders of each kind, adding up to `prevalence` of the rows."""
    ends = np.round(np.cumsum(KIND_SHARES) * round(rows * prevalence)).astype(int)
    counts = np.diff(ends, prepend=0)
    if counts.min() == 0:
        raise ValueError(
            f"rows is {rows}; at prevalence {prevalence:g} that leaves a kind without an order."
        )
    return counts.tolist()


class _Shop:
    """What exists before anybody orders: products, and accounts with their habits.

    New accounts are added while fraud is drawn; `lead` holds the days between signing up and
    the first order of every account.
    """

    def __init__(self, rows, generator):
        self.list_price = np.sort(25 * np.exp(generator.standard_normal(PRODUCTS))) + 1
        self.code = 10_000 + generator.permutation(90_000)[:PRODUCTS]
        popularity = generator.permutation(1 / np.arange(5, PRODUCTS + 5))
        self.demand = np.cumsum(popularity) / popularity.sum()
        users = max(rows // ORDERS_PER_USER, 100)
        self.business = generator.random(users) < BUSINESS_SHARE
        activity = generator.gamma(0.8, 1.0, users) * np.where(self.business, 3, 1)
        self.activity = np.cumsum(activity) / activity.sum()
        fresh = generator.random(users) < np.where(self.business, 0.05, 0.3)
        self.lead = generator.exponential(np.where(fresh, 0.3, 500))
        self.budget = 0.6 * generator.standard_normal(users)

    def products(self, count, generator):
        """Draw products by demand, as positions in the list of products."""
        return np.searchsorted(self.demand, generator.random(count))

    def products_between(self, low, high, count, generator):
        """Draw products evenly between two quantiles of the list price."""
        return generator.integers(int(low * PRODUCTS), int(high * PRODUCTS), count)

    def new_accounts(self, count, mean_days, generator):
        """Open accounts that first order after `mean_days` on average; return their positions."""
        first = self.lead.size
        self.lead = np.append(self.lead, generator.exponential(mean_days, count))
        return first + np.arange(count)


def _normal_orders(count, shop, generator):
    user = np.searchsorted(shop.activity, generator.random(count))
    business = shop.business[user]
    product = _affordable(shop, user, generator)
    bulk = np.exp(2.3 + 0.9 * generator.standard_normal(count))
    quantity = np.where(business, 1 + np.floor(bulk), generator.geometric(0.75, count))
    hour = np.where(business, generator.normal(11.5, 2.5, count), _private_hour(count, generator))
    return {
        "time": generator.integers(0, DAYS, count) + (hour % 24) / 24,
        "user": user,
        "product": product,
        "quantity": np.minimum(quantity, 80),
        "price": shop.list_price[product] * _discount(count, generator),
        "basket": np.minimum(generator.geometric(0.45, count), 15),
        "distance": _distance(count, 0.12, 80, generator),
        "failed": _failed_payments(count, generator),
    }


def _affordable(shop, user, generator):
    """Of two products drawn by demand, customers with a large budget tend to take the dearer."""
    one, other = (shop.products(user.size, generator) for _ in range(2))
    dear = shop.budget[user] + 0.5 * generator.standard_normal(user.size) > 0
    return np.where(dear, np.maximum(one, other), np.minimum(one, other))


def _private_hour(count, generator):
    """A third at midday, half in the evening, the rest at any hour."""
    part = generator.random(count)
    midday, evening = generator.normal(12.5, 2.5, count), generator.normal(20.5, 2.2, count)
    any_hour = generator.uniform(0, 24, count)
    return np.where(part < 0.33, midday, np.where(part < 0.83, evening, any_hour)) % 24


def _discount(count, generator):
    """The share of the list price that is paid: mostly all of it, seldom a clearance sale."""
    part = generator.random(count)
    offer, clearance = generator.uniform(0.7, 0.95, count), generator.uniform(0.2, 0.7, count)
    return np.where(part < 0.65, 1.0, np.where(part < 0.94, offer, clearance))


def _distance(count, far_share, far_median, generator):
    """Kilometres between the two addresses: near 0 at home, log-normal for all others."""
    home = generator.exponential(0.3, count)
    far = far_median * np.exp(1.2 * generator.standard_normal(count))
    return np.minimum(np.where(generator.random(count) < far_share, far, home), 15_000)


def _failed_payments(count, generator):
    """Mistyped numbers and empty accounts happen to honest people, too."""
    return np.where(generator.random(count) < 0.15, generator.geometric(0.6, count), 0)


def _card_testing(count, shop, generator):
    bursts = max(1, count // 25)
    burst = np.sort(generator.integers(0, bursts, count))
    starts = generator.uniform(0, DAYS - 0.1, bursts)
    accounts = shop.new_accounts(count, 10, generator)
    user = accounts[np.arange(count) // 2]  # two orders for each account
    product = shop.products_between(0, 0.7, count, generator)
    return {
        "time": starts[burst] + generator.uniform(0, 0.08, count),
        "user": user,
        "product": product,
        "quantity": np.ones(count),
        "price": shop.list_price[product] * _discount(count, generator),
        "basket": 1 + (generator.random(count) < 0.15),
        "distance": _distance(count, 0.25, 120, generator),
        "failed": generator.poisson(1.3, count),
    }


def _account_takeover(count, shop, generator):
    old = np.flatnonzero((shop.lead[: shop.budget.size] > 90) & ~shop.business)
    night = generator.random(count) < 0.6
    hour = np.where(night, generator.normal(2.5, 2.5, count), _private_hour(count, generator))
    product = shop.products_between(0.55, 1, count, generator)
    return {
        "time": generator.integers(0, DAYS, count) + (hour % 24) / 24,
        "user": generator.choice(old, count),
        "product": product,
        "quantity": generator.geometric(0.6, count),
        "price": shop.list_price[product] * _discount(count, generator),
        "basket": np.minimum(generator.geometric(0.6, count), 15),
        "distance": _distance(count, 0.8, 300, generator),
        "failed": np.where(generator.random(count) < 0.3, generator.geometric(0.6, count), 0),
    }


def _bulk_resale(count, shop, generator):
    accounts = shop.new_accounts(count, 12, generator)
    user = accounts[np.arange(count) // 2]  # two orders for each account
    product = shop.products_between(0.45, 0.95, count, generator)
    quantity = 2 + np.floor(np.exp(1.7 + 0.6 * generator.standard_normal(count)))
    return {
        "time": generator.integers(0, DAYS, count) + _private_hour(count, generator) / 24,
        "user": user,
        "product": product,
        "quantity": np.minimum(quantity, 80),
        "price": shop.list_price[product] * _discount(count, generator),
        "basket": generator.geometric(0.7, count),
        "distance": _distance(count, 0.5, 150, generator),
        "failed": _failed_payments(count, generator),
    }


def _price_error(count, shop, generator):
    orders = _normal_orders(count, shop, generator)
    slip = np.where(generator.random(count) < 0.7, 0.1, 10.0)
    orders["price"] = shop.list_price[orders["product"]] * slip
    bargain = slip < 1  # word of a bargain gets about
    orders["quantity"] = orders["quantity"] + bargain * generator.poisson(0.7, count)
    return orders


_PATTERNS = {
    "card testing": _card_testing,
    "account takeover": _account_takeover,
    "bulk resale": _bulk_resale,
    "price error": _price_error,
}


def _columns(order, shop, generator):
    """Turn what was drawn, in the order of arrival, into the columns of the table."""
    rows = order["time"].size
    number, signed_up = _accounts(order, shop)
    others = generator.gamma(1.5 * (order["basket"] - 1) + 1e-12, 15.0)
    return {
        "order number": FIRST_ORDER_NUMBER + np.arange(rows),
        "user number": number[order["user"]],
        "product number": shop.code[order["product"]],
        "quantity": order["quantity"],
        "price [EUR]": np.round(order["price"], 2),
        "list price [EUR]": np.round(shop.list_price[order["product"]], 2),
        "basket size [products]": order["basket"],
        "total [EUR]": np.round(order["quantity"] * order["price"] + others, 2),
        "hour [h]": np.floor(2400 * (order["time"] % 1)) / 100,
        "account age [d]": np.round(order["time"] - signed_up[order["user"]], 2),
        "address distance [km]": np.round(order["distance"], 1),
        "failed payments": order["failed"],
        "orders in 24 h": _orders_of_the_last_day(order["user"], order["time"]),
    }


def _accounts(order, shop):
    """User numbers in the order of signing up, and the day on which each account did.

    An account that never orders gets a number as well, so numbers have gaps.
    """
    first = np.full(shop.lead.size, float(DAYS))
    np.minimum.at(first, order["user"], order["time"])
    signed_up = first - shop.lead
    number = np.empty(shop.lead.size, dtype=np.int64)
    number[np.argsort(signed_up, kind="stable")] = 100_001 + np.arange(shop.lead.size)
    return number, signed_up


def _orders_of_the_last_day(user, time):
    """Count each account's orders from 24 hours before up to the order itself."""
    key = user * (DAYS + 2.0) + time  # accounts lie more than a day apart on this axis
    in_order = np.argsort(key, kind="stable")
    ranked = key[in_order]
    count = np.empty(user.size)
    count[in_order] = np.arange(user.size) - np.searchsorted(ranked, ranked - 1.0) + 1
    return count
