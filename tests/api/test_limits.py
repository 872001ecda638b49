"""Out of requests (429) and out of pages (402), as a client reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import OpenDoor

TOMORROW = timedelta(days=1)


def tell(answer: Any) -> tuple[str, int, int, int]:
    """scope, used, cap, required."""
    body = answer.json()
    assert answer.status_code == 402, body
    assert body["code"] == "quota_exceeded"
    assert body["error"]
    return body["scope"], body["used"], body["cap"], body["required"]


def resets_in(answer: Any) -> timedelta:
    return datetime.fromisoformat(answer.json()["resets_at"]) - datetime.now(UTC)


class TestRequestsAMinute:
    def test_every_counted_answer_says_what_is_left(self, open_door: OpenDoor) -> None:
        door = open_door(requests_per_minute=20)
        job = door.post().json()["uuid"]
        answers: list[Any] = [
            door.get("ocr/"),
            door.get(f"ocr/{job}/"),
            door.get(f"ocr/{job}/download/", format="txt"),
            door.get(f"ocr/{job}/events/"),
            door.get(f"ocr/{job}/pages/1/image/"),
            door.get("ocr/" + "0" * 32 + "/"),
            door.get(f"ocr/{job}/download/", format="odt"),
            door.get("account/"),
            door.client.post("/api/v1/ocr/", data={"tier": "cpu"}, headers=door.headers()),
            door.client.delete(f"/api/v1/ocr/{job}/", headers=door.headers()),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 404, 400, 401, 400, 204]
        for number, answer in enumerate(answers):
            assert answer.headers["RateLimit-Policy"] == '"requests";q=20;w=60'
            assert answer.headers["RateLimit"].startswith(f'"requests";r={18 - number};t=')

    def test_one_too_many(self, open_door: OpenDoor) -> None:
        door = open_door(requests_per_minute=2)
        assert [door.get("ocr/").status_code for _ in range(3)] == [200, 200, 429]
        refused = door.get("ocr/")
        assert refused.json()["code"] == "rate_limited"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["RateLimit-Policy"] == '"requests";q=2;w=60'
        assert refused.headers["RateLimit"] == f'"requests";r=0;t={refused.headers["Retry-After"]}'
        assert door.get("ocr/", address="203.0.113.10").status_code == 200
        # An account has a count of its own, wherever it calls from.
        assert door.get("ocr/", token=door.make_account()).status_code == 200

    def test_trying_tokens_out_is_counted(self, open_door: OpenDoor) -> None:
        door = open_door(requests_per_minute=3)
        assert [door.get("ocr/", token=f"oc_{number}").status_code for number in range(5)] == [401] * 3 + [429] * 2

    def test_no_limit(self, open_door: OpenDoor) -> None:
        answer = open_door().get("ocr/")
        assert "RateLimit" not in answer.headers


class TestOutOfPages:
    def test_an_address_has_a_day(self, open_door: OpenDoor) -> None:
        door = open_door(anonymous_pages_per_day=3)
        assert door.post(2).json()["usage"]["remaining"] == 1
        refused = door.post(2)
        assert tell(refused) == ("anonymous_day", 2, 3, 2)
        assert timedelta() < resets_in(refused) <= TOMORROW
        assert door.post(2, address="203.0.113.10").status_code == 200

    def test_a_network_of_ipv6_shares_its_day(self, open_door: OpenDoor) -> None:
        door = open_door(anonymous_pages_per_day=3)
        assert door.post(2, address="2001:db8:1:2::1").status_code == 200
        assert tell(door.post(2, address="2001:db8:1:2:ffff::9")) == ("anonymous_day", 2, 3, 2)
        assert door.post(2, address="2001:db8:1:3::1").status_code == 200

    def test_an_invented_hop_makes_no_new_caller(self, open_door: OpenDoor) -> None:
        door = open_door(anonymous_pages_per_day=1)
        assert door.post(1).status_code == 200
        assert tell(door.post(1, address="198.51.100.1, 203.0.113.9")) == ("anonymous_day", 1, 1, 1)

    def test_a_free_account_has_a_month(self, open_door: OpenDoor) -> None:
        door = open_door(free_pages_per_month=3, anonymous_pages_per_day=0)
        token = door.make_account()
        assert door.post(3, token=token).status_code == 200
        refused = door.post(1, token=token)
        assert tell(refused) == ("account_month", 3, 3, 1)
        assert timedelta() < resets_in(refused) <= timedelta(days=31)

    def test_bought_credits_come_on_top(self, open_door: OpenDoor) -> None:
        door = open_door(free_pages_per_month=3)
        token = door.make_account()
        door.services.accounts.grant_credits("a@example.org", 4, "pay-1")
        assert door.post(5, token=token).json()["usage"] | {"resets_at": None} == {
            "cost": 5,
            "used": 5,
            "cap": 7,
            "remaining": 2,
            "scope": "credits",
            "resets_at": None,
        }
        assert tell(door.post(3, token=token)) == ("credits", 5, 7, 3)

    def test_where_nothing_comes_back_no_time_is_named(self, open_door: OpenDoor) -> None:
        door = open_door(free_pages_per_month=0)
        refused = door.post(1, token=door.make_account())
        assert tell(refused) == ("account_month", 0, 0, 1)
        assert refused.json()["resets_at"] is None

    @pytest.mark.parametrize(
        ("choices", "required"),
        # Without a model tier vlm is careful reading, at the price of tier cpu; translations cost what it costs.
        [({"tier": "cpu"}, 2), ({"tier": "vlm"}, 2), ({"translate_to": "es"}, 6)],
    )
    def test_what_is_required_depends_on_the_work(
        self, open_door: OpenDoor, choices: dict[str, str], required: int
    ) -> None:
        door = open_door(anonymous_pages_per_day=1)
        assert tell(door.post(2, **choices))[3] == required

    def test_nothing_of_refused_work_is_charged_or_kept(self, open_door: OpenDoor) -> None:
        door = open_door(anonymous_pages_per_day=1)
        door.post(2)
        assert door.services.files.list_jobs() == {}
        assert door.post(1).json()["usage"]["used"] == 1
