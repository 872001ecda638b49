"""Words corrected by hand: kept beside the document, taken away in a version of its own, gone with the job."""

import threading

import pytest
import sqlalchemy as sa

from database.connect import reading
from database.tables import corrections as table
from errors import InvalidFieldError, JobCancelledError, JobNotFoundError
from quota.plans import PlanName
from service.callers import Caller
from service.corrections import Change
from service.wiring import Services
from tests.service.running_services import ANYONE, StartServices, scripted, stored_files, submit, wait


@pytest.fixture
def services(start_services: StartServices) -> Services:
    return start_services(scripted(text="Dear raeder of this"))


def read_one(services: Services, caller: Caller = ANYONE) -> str:
    record = submit(services, caller=caller)
    wait(services, record.id, caller=caller)
    return record.id


def correct(
    services: Services, job_id: str, piece: int, text: str | None, caller: Caller = ANYONE, **more: str
) -> list:
    return list(services.corrections.change(caller, job_id, [Change("p1-b1", piece, text, **more)]))


def download(services: Services, job_id: str, version: str, caller: Caller = ANYONE) -> str:
    return b"".join(services.jobs.export(caller, job_id, "txt", version=version).chunks).decode().strip()


def test_the_corrected_version_is_another_file(services: Services) -> None:
    job_id = read_one(services)
    assert download(services, job_id, "corrected") == download(services, job_id, "original") == "Dear raeder of this"
    (shown,) = correct(services, job_id, 1, " reader ", original="raeder")
    assert (shown.page_number, shown.block_id, shown.piece) == (1, "p1-b1", 1)
    assert (shown.original, shown.text) == ("raeder", "reader")
    assert download(services, job_id, "corrected") == "Dear reader of this"
    assert download(services, job_id, "original") == "Dear raeder of this"
    correct(services, job_id, 0, "My")
    assert download(services, job_id, "corrected") == "My reader of this", "an older file is not given out again"
    assert sum("corrected-" in name for name in stored_files(services)) == 1
    assert services.corrections.get_corrected(ANYONE, job_id).text == "My reader of this"
    assert services.jobs.get(ANYONE, job_id).document.text == "Dear raeder of this"


def test_a_correction_is_taken_back(services: Services) -> None:
    job_id = read_one(services)
    correct(services, job_id, 0, "My")
    assert correct(services, job_id, 0, None) == []
    correct(services, job_id, 0, "My")
    assert correct(services, job_id, 0, "Dear") == [], "what was read is no correction"
    correct(services, job_id, 0, "My")
    services.corrections.clear(ANYONE, job_id)
    assert services.corrections.list(ANYONE, job_id) == ()
    assert download(services, job_id, "corrected") == "Dear raeder of this"


def test_two_tabs_lose_nothing(services: Services) -> None:
    job_id = read_one(services)
    threads = [
        threading.Thread(target=correct, args=(services, job_id, piece, f"word{piece}-{turn}"))
        for turn in range(5)
        for piece in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = services.corrections.list(ANYONE, job_id)
    assert [one.piece for one in found] == [0, 1, 2, 3]
    assert [one.text.split("-")[0] for one in found] == ["word0", "word1", "word2", "word3"]


def test_what_is_not_there_is_refused_and_nothing_changes(services: Services) -> None:
    job_id = read_one(services)
    for change in (
        Change("p1-b1", 99, "x"),
        Change("p1-b1", -1, "x"),
        Change("p7-b7", 0, "x"),
        Change("p1-b1", 0, "x" * 10_001),
        Change("p1-b1", 0, "x", original="not this"),
    ):
        with pytest.raises(InvalidFieldError):
            services.corrections.change(ANYONE, job_id, [Change("p1-b1", 0, "My"), change])
    assert services.corrections.list(ANYONE, job_id) == ()


def test_strangers_find_nothing(services: Services) -> None:
    owner = Caller(services.accounts.create_account("a@example.org", plan=PlanName.FREE).account, ANYONE.address)
    job_id = read_one(services, owner)
    for act in (
        lambda: services.corrections.list(ANYONE, job_id),
        lambda: correct(services, job_id, 0, "My"),
        lambda: services.corrections.clear(ANYONE, job_id),
        lambda: services.corrections.get_corrected(ANYONE, job_id),
        lambda: download(services, job_id, "corrected"),
    ):
        with pytest.raises(JobNotFoundError):
            act()
    correct(services, job_id, 0, "My", owner)
    assert download(services, job_id, "corrected", owner) == "My raeder of this"


def test_corrections_go_with_the_job(services: Services) -> None:
    job_id = read_one(services)
    correct(services, job_id, 0, "My")
    services.jobs.delete(ANYONE, job_id)
    with reading(services.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
    with pytest.raises(JobNotFoundError):
        correct(services, job_id, 0, "My")


def test_only_a_finished_document_can_be_corrected(services: Services) -> None:
    record = submit(services, 30)
    services.jobs.cancel(ANYONE, record.id)
    with pytest.raises(JobCancelledError):
        correct(services, record.id, 0, "My")


def test_control_characters_are_no_text(services: Services) -> None:
    job_id = read_one(services)
    (shown,) = correct(services, job_id, 0, "De\x00ar\u0007 e\u0301")
    assert shown.text == "De ar  é"
