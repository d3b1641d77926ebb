"""Failed logins: counted for each peer, answered slowly, and after some not at all for a while."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping

MOST = 10
WITHIN_S = 60.0
MOST_PEERS = 10_000  # that are remembered; the one that knocked longest ago is forgotten first


class Knocks:
    """Each is counted before its token is looked at: a crowd that comes at once gets no more tries than one by one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_peer: OrderedDict[str, deque[float]] = OrderedDict()

    def knock(self, peer: str) -> int:
        """0: it may try, and has used one of its tries; else the seconds until it may again."""
        now = self._clock()
        tries = self._by_peer.setdefault(peer, deque())
        self._by_peer.move_to_end(peer)
        while len(self._by_peer) > MOST_PEERS:
            self._by_peer.popitem(last=False)
        while tries and now - tries[0] >= WITHIN_S:
            tries.popleft()
        if len(tries) >= MOST:
            return math.ceil(WITHIN_S - (now - tries[0]))
        tries.append(now)
        return 0

    def opened(self, peer: str) -> None:
        """It had a good token: what it tried before is forgotten."""
        self._by_peer.pop(peer, None)

    def unheard(self, peer: str) -> None:
        """Nobody could say whether the token is good: that try does not count."""
        if tries := self._by_peer.get(peer):
            tries.pop()


def peer_of(address: str, headers: Mapping[str, str], *, is_behind_proxy: bool) -> str:
    """Whose tries are counted. A proxy writes who asks at the end of X-Forwarded-For; what stands before it anybody may
    have written. Of an IPv6 address the network, for a household has as many addresses as it likes."""
    said = headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if is_behind_proxy else ""
    try:
        found = ipaddress.ip_address((said or address).partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
