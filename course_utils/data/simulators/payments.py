"""A stream of card payments with fraud rings and concept drift, made up in the open.

The card `datasets/payments.md` states the whole model. Customers and merchants live in twelve
cities; columns that look back, such as the time since the customer's last payment, are counted
on the stream itself and never look ahead.
"""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData, as_anomaly_data

import numpy as np

KINDS = ("stolen card", "card testing", "fraud ring")
KIND_SHARES = (0.4, 0.25, 0.35)
COLUMNS = (
    "customer number",
    "merchant number",
    "amount [EUR]",
    "online",
    "distance from home [km]",
    "hour [h]",
    "weekday",
    "since last payment [h]",
    "payments in 24 h",
    "amount / usual amount",
    "first time at merchant",
    "merchant's payments in 24 h",
)
START = np.datetime64("2026-01-05T00:00:00", "s")  # a Monday
NORMAL_CHANGE = 0.5  # the share of all days after which customers behave differently
FRAUD_CHANGE = 0.7  # the share of all days after which fraudsters do
CITIES = 12
RING_MERCHANTS = 4
RING_CUSTOMERS = 12
RINGS = 3
NEVER_REPORTED = 0.1
NO_PAYMENT_BEFORE = 720.0  # hours


def make_payments(rows=50_000, days=180, prevalence=0.01, seed=0):
    """Return card payments in the order of time, some of them fraud.

    Customers pay in the shops of their city, on journeys and online. The kinds of fraud are

    - "stolen card": one card pays several times within hours, more than its owner would;
    - "card testing": within three hours, small sums go from many cards to one merchant;
    - "fraud ring": a group of accounts and merchants of which each is ordinary: the accounts pay
      only at the group's own merchants, again and again, sums just below a limit.

    Both sides drift, at different times. After half of the days, customers buy online more often,
    and prices are 8 % higher. After 70 % of the days, stolen cards are used by day for smaller
    sums instead of by night for large ones, and the rings halve their sums.

    Parameters
    ----------
    rows : int
        How many payments, at least 2,000.
    days : int
        How many days they are spread over, at least 30, from Monday 2026-01-05.
    prevalence : float in (0, 0.5]
        The share of payments that are fraud; at least 20 of each kind.
    seed : int
        One seed, one stream.

    Returns
    -------
    AnomalyData
        X (rows, 12), units in the column names; "online" and "first time at merchant" are 0 or
        1, "weekday" counts from 0 for Monday; `time` to the second; `kinds` as above. It is a
        series: cut it by time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or if a kind would have fewer than 20 payments.
    """
    rows = checks.integer_in_range(rows, "rows", 2000)
    days = checks.integer_in_range(days, "days", 30)
    prevalence = checks.in_range(prevalence, "prevalence", 0, 0.5, low_open=True)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    counts = _kind_counts(rows, prevalence)
    town = _Town(rows, days, generator)
    parts = [_normal_payments(rows - sum(counts), days, town, generator)]
    for kind, count in zip(KINDS, counts, strict=True):
        parts.append(_PATTERNS[kind](count, days, town, generator))
    kinds = np.repeat(["", *KINDS], [rows - sum(counts), *counts])
    payment = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    payment["second"] = np.floor(86_400 * np.clip(payment["day"], 0, days - 1e-4))
    order = np.argsort(payment["second"], kind="stable")
    payment = {name: values[order] for name, values in payment.items()}
    columns = _columns(payment, town)
    return AnomalyData(
        X=np.stack([columns[name] for name in COLUMNS], axis=1),
        y=kinds[order] != "",
        feature_names=COLUMNS,
        name="Card payments",
        source="simulated by course_utils.data.simulators.payments",
        licence="MIT, as the code",
        kinds=kinds[order],
        time=START + payment["second"].astype("timedelta64[s]"),
    )


def payment_changes(days=180):
    """Return when the two sides of `make_payments` change their behaviour.

    Parameters
    ----------
    days : int
        As given to `make_payments`.

    Returns
    -------
    dict of str to datetime64
        "normal": from when customers behave differently; "fraud": from when fraudsters do.

    Raises
    ------
    TypeError, ValueError
        If `days` is no whole number of at least 30.
    """
    days = checks.integer_in_range(days, "days", 30)
    return {
        name: START + np.timedelta64(round(86_400 * days * share), "s")
        for name, share in (("normal", NORMAL_CHANGE), ("fraud", FRAUD_CHANGE))
    }


def report_times(payments, seed=0):
    """Return when each fraud is reported, which is when its label becomes known.

    Nobody labels a payment when it is made: the owner of the card sees it weeks later, or never.
    The delay is log-normal with a median of 12 days and a σ of 0.8; one fraud in ten is never
    reported. A model trained on day t may use the label 1 only where the report came before t.

    Parameters
    ----------
    payments : AnomalyData
        With a time, as from `make_payments`.
    seed : int
        One seed, one list of reports.

    Returns
    -------
    ndarray of datetime64[s], shape (n,)
        When the fraud was reported; NaT for normal payments and for fraud that never is.

    Raises
    ------
    TypeError, ValueError
        If `payments` is no AnomalyData, has no time, or `seed` is no seed.
    """
    as_anomaly_data(payments, "payments")
    if payments.time is None:
        raise ValueError("payments has no time; a series is expected.")
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    days = 12 * np.exp(0.8 * generator.standard_normal(len(payments)))
    reported = (payments.y == 1) & (generator.random(len(payments)) >= NEVER_REPORTED)
    delay = np.round(86_400 * days).astype("timedelta64[s]")
    return np.where(reported, payments.time + delay, np.datetime64("NaT"))


def _kind_counts(rows, prevalence):
    """How many payments of each kind, adding up to `prevalence` of the rows."""
    ends = np.round(np.cumsum(KIND_SHARES) * round(rows * prevalence)).astype(int)
    counts = np.diff(ends, prepend=0)
    if counts.min() < 20:
        raise ValueError(
            f"rows is {rows}; at prevalence {prevalence:g} a kind of fraud has "
            f"{counts.min()} payments; at least 20 are expected."
        )
    return counts.tolist()


class _Town:
    """Who is there: cities, customers with their habits, merchants with their prices."""

    def __init__(self, rows, days, generator):
        centre = generator.uniform(0, 500, (CITIES, 2))
        people = 1 / np.arange(1, CITIES + 1)
        people /= people.sum()
        customers, merchants = max(rows // 40, 100), max(rows // 60, 120)
        self.city = generator.choice(CITIES, customers, p=people)
        self.city[:CITIES] = np.arange(CITIES)
        self.home = centre[self.city] + 5 * generator.standard_normal((customers, 2))
        self.budget = 0.4 * generator.standard_normal(customers)
        activity = generator.gamma(1.5, 1.0, customers) + 0.05
        self.activity = np.cumsum(activity) / activity.sum()
        self.usual_payments = activity / activity.sum() * rows / days  # a day
        self.online = generator.random(merchants) < 0.25
        self.online[: 2 * CITIES] = False  # two shops at least in every city
        city = generator.choice(CITIES, merchants, p=people)
        city[: 2 * CITIES] = np.arange(2 * CITIES) % CITIES
        self.place = centre[city] + 5 * generator.standard_normal((merchants, 2))
        self.price = 3.1 + 0.8 * generator.standard_normal(merchants)  # log of EUR
        self.shops = np.flatnonzero(~self.online)
        self.shops = self.shops[np.argsort(city[self.shops], kind="stable")]  # city by city
        self.first_shop = np.searchsorted(city[self.shops], np.arange(CITIES + 1))
        self.web = np.flatnonzero(self.online)
        favourites = [self.local_shops(np.arange(customers), generator) for _ in range(5)]
        self.favourites = np.stack(favourites, axis=1)
        self.customer_number = 500_000 + generator.permutation(customers)
        self.merchant_number = 9_000 + generator.permutation(merchants)

    def local_shops(self, customer, generator):
        """One shop for each customer, in the city the customer lives in."""
        first, stop = (
            self.first_shop[self.city[customer]],
            self.first_shop[self.city[customer] + 1],
        )
        return self.shops[first + (generator.random(customer.size) * (stop - first)).astype(int)]

    def web_shops(self, count, generator):
        """Merchants on the net; a few of them sell most."""
        return self.web[(self.web.size * generator.random(count) ** 2).astype(int)]


def _normal_payments(count, days, town, generator):
    customer = np.searchsorted(town.activity, generator.random(count))
    date = _dates(count, days, generator)
    later = date >= NORMAL_CHANGE * days
    online = generator.random(count) < np.where(later, 0.42, 0.25)
    part = generator.random(count)
    favourite = town.favourites[customer, generator.integers(0, 5, count)]
    elsewhere = generator.choice(town.shops, count)  # on a journey
    local = np.where(part < 0.75, favourite, town.local_shops(customer, generator))
    shop = np.where(part < 0.96, local, elsewhere)
    hour = np.where(online, _online_hour(count, generator), _shop_hour(count, generator))
    merchant = np.where(online, town.web_shops(count, generator), shop)
    level = town.price[merchant] + town.budget[customer] + np.log(1.08) * later
    return {
        "day": date + hour / 24,
        "customer": customer,
        "merchant": merchant,
        "amount": np.exp(level + 0.5 * generator.standard_normal(count)),
    }


def _dates(count, days, generator):
    """Whole days; Fridays and Saturdays are busier, Sundays quieter."""
    weight = np.array([1, 0.95, 1, 1.05, 1.25, 1.35, 0.6])[np.arange(days) % 7]
    return np.searchsorted(np.cumsum(weight) / weight.sum(), generator.random(count))


def _shop_hour(count, generator):
    return np.clip(generator.normal(14.5, 3.5, count), 6, 23.99)


def _online_hour(count, generator):
    """Two thirds around eight in the evening, the rest at any hour."""
    evening = generator.normal(20, 3, count)
    return np.where(generator.random(count) < 0.67, evening, generator.uniform(0, 24, count)) % 24


def _stolen_card(count, days, town, generator):
    """Thefts of about five payments each, within hours."""
    thefts = max(1, count // 5)
    theft = generator.integers(0, thefts, count)
    date = generator.integers(0, days, thefts)
    later = date >= FRAUD_CHANGE * days
    by_day, by_night = _shop_hour(thefts, generator), generator.normal(24, 3, thefts)
    start = date + np.where(later, by_day, by_night) / 24
    online = generator.random(count) < np.where(later, 0.85, 0.5)[theft]
    merchant = np.where(
        online, town.web_shops(count, generator), generator.choice(town.shops, count)
    )
    victim = generator.integers(0, town.city.size, thefts)[theft]
    lift = np.where(later, 0.2, 1.1)[theft]
    level = town.price[merchant] + town.budget[victim] + lift
    return {
        "day": start[theft] + generator.exponential(0.1, count),
        "customer": victim,
        "merchant": merchant,
        "amount": np.exp(level + 0.6 * generator.standard_normal(count)),
    }


def _card_testing(count, days, town, generator):
    """Bursts of about eight payments each at one merchant, within three hours."""
    bursts = max(1, count // 8)
    burst = generator.integers(0, bursts, count)
    start = (np.arange(bursts) + generator.random(bursts)) / bursts * (days - 0.2)
    later = start[burst] >= FRAUD_CHANGE * days
    median = np.where(later, 11.0, 4.0)
    return {
        "day": start[burst] + generator.uniform(0, 0.125, count),
        "customer": generator.integers(0, town.city.size, count),
        "merchant": town.web_shops(bursts, generator)[burst],
        "amount": median * np.exp(0.7 * generator.standard_normal(count)),
    }


def _fraud_ring(count, days, town, generator):
    """Each ring has its own city, accounts, merchants and season."""
    ring = generator.integers(0, RINGS, count)
    accounts = [np.flatnonzero(town.city == city) for city in range(RINGS)]
    accounts = np.stack([generator.choice(each, RING_CUSTOMERS) for each in accounts])
    merchants = np.stack([town.local_shops(each[:RING_MERCHANTS], generator) for each in accounts])
    season = (np.arange(RINGS) + 0.5) / RINGS * days
    date = np.floor(generator.normal(season[ring], 0.35 * days / RINGS))
    date = np.where((date < 0) | (date >= days), np.floor(season[ring]), date)
    limit = np.where(date >= FRAUD_CHANGE * days, 30.0, 60.0)
    return {
        "day": date + _shop_hour(count, generator) / 24,
        "customer": accounts[ring, generator.integers(0, RING_CUSTOMERS, count)],
        "merchant": merchants[ring, generator.integers(0, RING_MERCHANTS, count)],
        "amount": limit * (1 - generator.exponential(0.08, count).clip(0, 0.6)),
    }


_PATTERNS = {
    "stolen card": _stolen_card,
    "card testing": _card_testing,
    "fraud ring": _fraud_ring,
}


def _columns(payment, town):
    """Turn what was drawn, in the order of time, into the columns of the table."""
    customer, merchant = payment["customer"], payment["merchant"]
    hours = payment["second"] / 3600
    amount = np.round(np.maximum(payment["amount"], 0.01), 2)
    online = town.online[merchant]
    distance = np.linalg.norm(town.home[customer] - town.place[merchant], axis=1)
    return {
        "customer number": town.customer_number[customer],
        "merchant number": town.merchant_number[merchant],
        "amount [EUR]": amount,
        "online": online,
        "distance from home [km]": np.where(online, 0, np.round(distance, 1)),
        "hour [h]": np.floor(100 * (hours % 24)) / 100,
        "weekday": hours // 24 % 7,
        "since last payment [h]": np.round(_since_last(customer, hours), 2),
        "payments in 24 h": _in_the_last_day(customer, hours),
        "amount / usual amount": np.round(_against_usual(customer, amount), 3),
        "first time at merchant": _first_time(customer, merchant),
        "merchant's payments in 24 h": _in_the_last_day(merchant, hours),
    }


def _since_last(customer, hours):
    """Hours since the same customer's payment before this one, at most 720."""
    order = np.argsort(customer, kind="stable")  # keeps each customer's payments in time order
    gap = np.diff(hours[order], prepend=-np.inf)
    gap[np.diff(customer[order], prepend=-1) != 0] = np.inf
    since = np.empty(hours.size)
    since[order] = np.minimum(gap, NO_PAYMENT_BEFORE)
    return since


def _in_the_last_day(who, hours):
    """Count each one's payments from 24 hours before up to the payment itself."""
    key = who * (hours[-1] + 48.0) + hours  # two of them lie more than a day apart on this axis
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    count = np.empty(hours.size)
    count[order] = np.arange(hours.size) - np.searchsorted(ranked, ranked - 24.0) + 1
    return count


def _against_usual(customer, amount):
    """Amount divided by the geometric mean of the customer's earlier amounts; 1 at first."""
    order = np.argsort(customer, kind="stable")
    level = np.log(amount[order])
    total = np.cumsum(level)
    first = np.flatnonzero(np.diff(customer[order], prepend=-1))
    length = np.diff(np.append(first, customer.size))
    earlier = np.arange(customer.size) - np.repeat(first, length)
    sum_before = total - level - np.repeat(total[first] - level[first], length)
    ratio = np.empty(customer.size)
    ratio[order] = np.where(earlier > 0, np.exp(level - sum_before / np.maximum(earlier, 1)), 1)
    return ratio


def _first_time(customer, merchant):
    """1 where this customer has not paid at this merchant before."""
    pair = customer * (merchant.max() + 1) + merchant
    new = np.zeros(customer.size)
    new[np.unique(pair, return_index=True)[1]] = 1
    return new
