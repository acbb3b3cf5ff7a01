"""The embedded platform's request counts."""

from __future__ import annotations

from services.embedded.rate_limits import LIMITS, MOST_KEPT, RateLimits


class Clock:
    def __init__(self) -> None:
        self.moment = 1000.5

    def __call__(self) -> float:
        return self.moment


def test_a_window_slides() -> None:
    clock = Clock()
    limits = RateLimits(60, clock)
    for second in range(5):
        clock.moment = 1000.5 + second
        standing = limits.take("dana", "sign-in-with-api-key")
        assert standing is not None
        assert (standing.limit, standing.remaining, standing.retry_after) == (5, 4 - second, None)
        assert standing.reset == 1061
    refused = limits.take("dana", "sign-in-with-api-key")
    assert refused is not None
    assert (refused.remaining, refused.retry_after) == (0, 56)
    assert refused.headers()["Retry-After"] == "56"
    # refusals do not count: a second after the oldest expires, there is room for exactly one
    clock.moment = 1060.6
    taken = [limits.take("dana", "sign-in-with-api-key") for _ in range(2)]
    assert [one.retry_after is None for one in taken if one] == [True, False]


def test_each_user_and_operation_has_its_own_count() -> None:
    limits = RateLimits(60, Clock())
    for _ in range(5):
        limits.take("dana", "sign-in-with-api-key")
    other, elsewhere = limits.take("lee", "sign-in-with-api-key"), limits.take("dana", "classic-get-services")
    assert other is not None
    assert elsewhere is not None
    assert (other.remaining, elsewhere.remaining) == (4, LIMITS["classic-get-services"] - 1)


def test_operations_without_a_limit_are_not_counted() -> None:
    assert RateLimits(60).take("dana", "list-services") is None
    assert RateLimits(0).take("dana", "sign-in-with-api-key") is None


def test_expired_counters_are_dropped() -> None:
    clock = Clock()
    limits = RateLimits(60, clock)
    for number in range(MOST_KEPT + 1):
        limits.take(f"somebody {number}", "sign-in-with-api-key")
    clock.moment += 61
    limits.take("dana", "sign-in-with-api-key")
    assert len(limits._taken) == 1
