"""An S3 server on loopback (moto) behind a door that can be shut: the data outlives an outage."""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver

import boto3

from bench.door import Door

_ACCESS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class S3Server:
    door: Door

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables of whoever uses it."""
        return {**_ACCESS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.door.port}"}

    def make_bucket(self) -> str:
        """The URL of a new bucket."""
        name = f"b{uuid.uuid4().hex[:20]}"
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.door.port}",
            aws_access_key_id="tests",
            aws_secret_access_key="tests",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=name)
        return f"s3://{name}"


@contextmanager
def run_s3() -> Iterator[S3Server]:
    """A server that lives as long as the block, in this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    door = Door([server.get_host_and_port()[1]])
    door.start()
    try:
        yield S3Server(door)
    finally:
        door.stop()
        server.stop()


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """This process's own variables, inside the block, and those of the page processes that are started in it."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        _forget_old_variables()
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _forget_old_variables()


def _forget_old_variables() -> None:
    """Page processes inherit from Python's fork server, which keeps the variables of the moment it was started."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]
