"""Who is logged in, and who has tried too often. Time is handed in."""

from __future__ import annotations

import pytest

from flowlite.service.users import Me
from flowlite.web import knocks as knocking
from flowlite.web import logins as keeping
from flowlite.web.knocks import MOST, WITHIN_S, Knocks, peer_of
from flowlite.web.logins import IDLE, LOGGED_OUT, Logins

ANNA = Me(name="anna", role="viewer", teams=())


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logins(clock: Clock) -> Logins:
    return Logins(idle_s=60, clock=clock)


# --- logins -----------------------------------------------------------------------------------------------------------
def test_a_cookie_stands_for_one_login_and_says_nothing_about_it(logins):
    cookie, other = logins.begin(ANNA, "flt_1"), logins.begin(ANNA, "flt_1")
    assert logins.find(cookie).me == ANNA
    assert logins.find(cookie) is not logins.find(other)
    assert len({cookie, other}) == 2 and all(len(one) >= 43 for one in (cookie, other))  # 256 bits
    assert logins.find("") is logins.find("nonsense") is logins.find(f"{cookie}x") is None
    assert "flt_1" not in repr(logins.find(cookie))
    assert cookie not in repr(vars(logins))


def test_whoever_presses_no_key_is_logged_out(logins, clock):
    cookie = logins.begin(ANNA, "flt_1")
    login = logins.find(cookie)
    clock.now += 50
    logins.used(login)
    clock.now += 50
    assert logins.sweep() == [login]
    clock.now += 20
    assert logins.find(cookie) is None
    assert logins.sweep() == []
    assert login.over.is_set() and login.because == IDLE


def test_who_logs_out_is_out_at_once(logins):
    cookie = logins.begin(ANNA, "flt_1")
    login = logins.find(cookie)
    logins.end(cookie, LOGGED_OUT)
    assert logins.find(cookie) is None and login.because == LOGGED_OUT
    logins.end(cookie, IDLE)
    assert login.because == LOGGED_OUT


def test_memory_has_an_end(logins, clock, monkeypatch):
    monkeypatch.setattr(keeping, "MOST", 3)
    cookies = []
    for _ in range(4):
        clock.now += 1
        cookies.append(logins.begin(ANNA, "flt_1"))
    assert [logins.find(cookie) is None for cookie in cookies] == [True, False, False, False]


def test_nobody_logs_out_the_others_by_logging_in(logins, clock, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_EACH", 2)
    other = logins.begin(Me(name="olga", role="admin", teams=()), "flt_2")
    clock.now += 1
    first, *later = [logins.begin(ANNA, "flt_1") for _ in range(3)]
    assert logins.find(first) is None and None not in map(logins.find, (other, *later))


# --- knocks -----------------------------------------------------------------------------------------------------------
def test_after_ten_failures_a_peer_waits_and_others_do_not(clock):
    knocks = Knocks(clock)
    for _ in range(MOST):
        assert knocks.knock("1.2.3.4") == 0
        clock.now += 1
    assert knocks.knock("1.2.3.4") == WITHIN_S - MOST
    assert knocks.knock("1.2.3.5") == 0
    clock.now += WITHIN_S - MOST
    assert knocks.knock("1.2.3.4") == 0
    assert knocks.knock("1.2.3.4") > 0


def test_a_good_token_makes_the_failures_forgotten_and_a_silent_daemon_counts_for_none(clock):
    knocks = Knocks(clock)
    for _ in range(MOST - 1):
        knocks.knock("1.2.3.4")
    for _ in range(5):
        assert knocks.knock("1.2.3.4") == 0
        knocks.unheard("1.2.3.4")
    knocks.opened("1.2.3.4")
    assert [knocks.knock("1.2.3.4") for _ in range(MOST)] == [0] * MOST


def test_a_crowd_of_peers_costs_no_memory_without_end(clock, monkeypatch):
    monkeypatch.setattr(knocking, "MOST_PEERS", 100)
    knocks = Knocks(clock)
    for number in range(1000):
        knocks.knock(str(number))
    assert len(knocks._by_peer) == 100


@pytest.mark.parametrize(
    ("address", "said", "is_behind_proxy", "peer"),
    [
        ("192.0.2.7", "", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", False, "192.0.2.7"),  # anybody can write that
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", True, "198.51.100.1"),  # only its end is the proxy's
        ("127.0.0.1", "", True, "127.0.0.1"),
        ("127.0.0.1", "nonsense", True, "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", False, "192.0.2.7"),
        ("fe80::1%eth0", "", False, "fe80::/64"),
    ],
)
def test_whose_tries_are_counted(address, said, is_behind_proxy, peer):
    assert peer_of(address, {"X-Forwarded-For": said}, is_behind_proxy=is_behind_proxy) == peer
