"""Tables in a bucket: the catalog is a file of this machine, everything else lies in SeaweedFS."""

import itertools
import os
import random
import subprocess
import time

import pytest
from harness.processes import REPOSITORY
from harness.proxy import DamagingProxy, TLSProxy
from harness.s3 import ACCESS_KEY, REGION, SECRET_KEY, S3Lake
from harness.seeds import new_seed
from harness.workload import TABLES, Workload, Writer, assert_all_equal, create_schema

FAULTS = ["refuse", "drop", "lose", "fail", "twice", "delay", "cut"]
_numbers = itertools.count(1)


@pytest.fixture
def bucket(seaweed):
    return seaweed.make_bucket(f"lake-{os.getpid()}-{next(_numbers)}")


@pytest.fixture
def s3_pipeline(seaweed, bucket, make_pipeline, tmp_path):
    """A function that writes a pipeline into the test's own bucket."""

    def make(endpoint=None, **options):
        lake = S3Lake(tmp_path / "lake", seaweed, bucket)
        warehouse = f'"{lake.warehouse}"\n  s3: {seaweed.configuration(endpoint)}'
        pipeline = make_pipeline(lake=lake, warehouse=warehouse, **options)
        pipeline.environment["S3_SECRET"] = SECRET_KEY
        return pipeline

    return make


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_bucket_holds_what_the_source_holds(source, s3_pipeline):
    workload = Workload(31)
    create_schema(source)
    workload.fill(source)
    pipeline = s3_pipeline()
    outcome = pipeline.call("check")
    assert outcome.code == 0, outcome
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    workload.apply(source, 40)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    outcome = pipeline.call("verify")
    assert outcome.code == 0, outcome
    beside = [path for path in pipeline.lake.folder.rglob("*") if path.is_file() and "catalog.db" not in path.name]
    assert not beside, f"files of the lake lie outside of the bucket: {beside}"


@pytest.mark.kinds("mariadb", "postgres15")
def test_killed_at_random_moments_the_bucket_equals_the_source(source, s3_pipeline):
    seed = new_seed("moments and workload")
    chance, workload = random.Random(seed), Workload(seed)
    create_schema(source)
    workload.fill(source)
    pipeline = s3_pipeline(interval="100ms", extra="snapshot: { workers: 2, rows-per-range: 1000 }")
    with Writer(source, workload, pause_seconds=0.005):
        for _ in range(6):
            with pipeline.start() as run:
                time.sleep(chance.uniform(0.1, 1.0))
                if not run.child.is_running():
                    raise AssertionError(f"frazil ended by itself: {run.output()}")
                run.kill()
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


@pytest.mark.kinds("mariadb")
def test_whatever_happens_to_requests_on_their_way_the_bucket_equals_the_source(seaweed, source, s3_pipeline):
    seed = new_seed("faults and workload")
    chance, workload = random.Random(seed), Workload(seed)
    create_schema(source)
    workload.fill(source)
    # Every third request, each kind of fault once before any comes again.
    faults = (fault for _ in itertools.count() for fault in chance.sample(FAULTS, len(FAULTS)))
    numbers = itertools.count()
    with DamagingProxy(seaweed.s3, lambda method: next(faults) if next(numbers) % 3 == 0 else None) as proxy:
        pipeline = s3_pipeline(endpoint=proxy.endpoint, interval="100ms")
        for _ in range(3):
            workload.apply(source, 8)
            pipeline.catch_up()
            assert_all_equal(source, pipeline.lake)
        assert set(proxy.faults) == set(FAULTS), f"not every fault was met: {proxy.faults}"
        outcome = pipeline.call("verify")
        assert outcome.code == 0, outcome
    # Files that a refused or repeated request left would be of nobody; our own writes leave none.
    lake = pipeline.lake
    data = {name for name in lake.object_names() if name.endswith(".parquet")}
    known = set()
    for name in lake.metadata_locations():
        table = lake.catalog().load_table(name)
        known |= {row.removeprefix("s3://") for row in table.inspect.all_files()["file_path"].to_pylist()}
    assert data <= known, f"files that no snapshot knows: {sorted(data - known)[:5]}"


@pytest.mark.kinds("postgres15")
def test_a_store_that_is_away_for_a_while_is_waited_for(seaweed, source, s3_pipeline):
    workload = Workload(5)
    create_schema(source)
    workload.fill(source)
    is_away = False
    with DamagingProxy(seaweed.s3, lambda method: "drop" if is_away else None) as proxy:
        pipeline = s3_pipeline(endpoint=proxy.endpoint, interval="100ms")
        with pipeline.start() as run:
            run.wait_for_tables(*TABLES)
            is_away = True
            workload.apply(source, 20)
            before = proxy.faults.get("drop", 0)
            run.wait_for(lambda: proxy.faults.get("drop", 0) > before + 3, what="requests to the store that is away")
            is_away = False
            workload.apply(source, 5)
            expected = source.query(f"SELECT count(*) FROM {TABLES[0]}")[0][0]
            name = source.lake_name(TABLES[0])
            run.wait_for(
                lambda: pipeline.lake.query_duckdb(f"SELECT count(*) FROM {{{name}}}")[0][0] == expected,
                timeout_seconds=120, what="the rows that came while the store was away",
            )
            run.stop()
    pipeline = s3_pipeline()
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


@pytest.mark.kinds("mariadb")
def test_certificates_are_checked_against_the_file_that_is_named(seaweed, source, s3_pipeline, tmp_path):
    workload = Workload(61)
    create_schema(source)
    workload.fill(source)
    with TLSProxy(seaweed.s3, tmp_path) as proxy:
        pipeline = s3_pipeline(endpoint=proxy.endpoint)
        outcome = pipeline.call("check")
        assert outcome.code == 1 and "certificate" in outcome.out, outcome
        assert proxy.bytes_taken == 0
        pipeline.replace("region:", f"ca-file: {proxy.authority}, region:")
        outcome = pipeline.call("check")
        assert outcome.code == 0, outcome
        pipeline.catch_up()
        workload.apply(source, 10)
        pipeline.catch_up()
        assert proxy.bytes_taken > 10_000
    assert_all_equal(source, pipeline.lake)


@pytest.mark.parametrize(
    "old, new, words",
    [
        (ACCESS_KEY, "nobody", ["InvalidAccessKeyId", "lake.s3.access-key"]),
        ("${S3_SECRET}", "wrong-secret-4711", ["SignatureDoesNotMatch", "lake.s3.access-key"]),
        ("endpoint: http://127.0.0.1:", "endpoint: http://127.0.0.2:", ["no connection"]),
    ],
    ids=["key", "secret", "endpoint"],
)
@pytest.mark.kinds("mariadb")
def test_a_store_that_cannot_be_used_is_said_in_one_sentence(source, s3_pipeline, old, new, words):
    create_schema(source)
    pipeline = s3_pipeline()
    pipeline.replace(old, new)
    outcome = pipeline.call("check")
    text = outcome.out + outcome.err
    assert outcome.code == 1, outcome
    assert all(word in text for word in words), outcome
    assert "wrong-secret-4711" not in text and SECRET_KEY not in text, outcome


def test_the_store_does_what_every_store_does(seaweed, bucket):
    """The behaviour suite that memory and local files pass, against a real server."""
    program = os.environ.get("FRAZIL_STORE_CLAIMS") or REPOSITORY / ".build/release/store-claims"
    done = subprocess.run(
        [program, f"s3://{bucket}/claims", "--endpoint", seaweed.endpoint, "--region", REGION],
        env={**os.environ, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok ", "FAILED "))]
    failed = [line for line in lines if line.startswith("FAILED ")]
    # The server's own deviation: it stores a\b as a/b.
    assert len(failed) == 1 and failed[0].startswith("FAILED a backslash in a name is no slash"), done.stdout + done.stderr
    assert len(lines) >= 17, done.stdout
