"""Reading logs: the end of a long one, one that grows, one that is not text."""

from flowlite.service.logs import Growing, log_path, tail, text_of, whole


def test_the_tail_of_a_long_log_is_read_from_its_end(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {n}\n" for n in range(200_000)))
    assert tail(log, 3) == ["line 199997", "line 199998", "line 199999"]
    assert tail(log, 500_000)[0] == "line 0"


def test_a_short_log_is_its_own_tail(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("one\ntwo")
    assert tail(log, 8) == ["one", "two"]
    log.write_text("")
    assert tail(log, 8) == []


def test_bytes_that_are_no_text_stay_readable(tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(b"caf\xe9\n")
    assert list(whole(log)) == ["caf\\xe9"]


def test_a_growing_log_gives_whole_lines_once(tmp_path):
    log = tmp_path / "a.log"
    growing = Growing(log)
    assert growing.read() == []
    log.write_text("one\ntw")
    assert growing.read() == ["one"]
    with log.open("a") as file:
        file.write("o\nrest")
    assert growing.read() == ["two"]
    assert growing.rest() == ["rest"]
    assert growing.rest() == []


def test_the_place_of_a_log_follows_from_its_attempt(tmp_path):
    assert str(log_path("d", 7, "group.fetch", 3, 2)) == "logs/d/7/group.fetch.3.2.log"
    assert str(log_path("d", 7, "fetch", -1, 1)) == "logs/d/7/fetch.1.log"


def test_time_and_stream_can_be_left_out():
    assert text_of("2026-11-22T23:16:38.123Z out   hello") == "hello"
    assert text_of("no stamp") == "no stamp"
