"""What Prometheus reads. Each process counts what it did itself; queue depths come from the database."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PAGE_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 0.6, 1, 2, 4, 8, 15, 30, 60, 120)
_JOB_BUCKETS_S = (0.1, 0.3, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900, 3600)

_REQUEST_BUCKETS_S = (0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.queued_pages = Gauge("ocr_queued_pages", "Pages that wait or are being read.", registry=registry)
        self.open_jobs = Gauge("ocr_open_jobs", "Jobs that have not ended.", ["state"], registry=registry)
        self.jobs_submitted = Counter("ocr_jobs_submitted", "Jobs accepted by this process.", registry=registry)
        self.jobs_refused = Counter("ocr_jobs_refused", "Uploads refused, by error code.", ["code"], registry=registry)
        self.jobs_ended = Counter("ocr_jobs_ended", "Jobs ended by this process.", ["state"], registry=registry)
        self.pages_read = Counter("ocr_pages_read", "Pages read.", ["engine"], registry=registry)
        self.page_failures = Counter("ocr_page_failures", "Failed tries of pages.", ["code"], registry=registry)
        self.page_seconds = Histogram(
            "ocr_page_seconds", "Time to read a page.", ["engine"], buckets=_PAGE_BUCKETS_S, registry=registry
        )
        self.batch_pages = Histogram(
            "ocr_batch_pages",
            "Pages of a batch that a model of this program was given.",
            buckets=(2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self.job_seconds = Histogram(
            "ocr_job_seconds", "Time from submission to the end.", buckets=_JOB_BUCKETS_S, registry=registry
        )
        self.credits_refunded = Counter(
            "ocr_credits_refunded", "Reserved credits that were not charged in the end.", registry=registry
        )
        self.leases_lost = Counter("ocr_leases_lost", "Jobs that this worker no longer owned.", registry=registry)
        self.jobs_resumed = Counter("ocr_jobs_resumed", "Jobs taken over from another worker.", registry=registry)
        self.request_seconds = Histogram(
            "ocr_request_seconds",
            "Time to the first byte of an answer of the API.",
            ["method", "route", "status"],
            buckets=_REQUEST_BUCKETS_S,
            registry=registry,
        )
        self.jobs_expired = Counter("ocr_jobs_expired", "Jobs deleted when their time was over.", registry=registry)

    def render(self) -> bytes:
        return generate_latest(self.registry)
