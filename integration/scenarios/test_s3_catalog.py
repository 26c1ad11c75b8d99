"""Tables behind the REST catalog of a real S3 server: OAuth2 and signed requests, one transaction, credentials it hands out."""

import itertools
import os
import random
import time

import pytest
from harness.proxy import VendingProxy
from harness.s3 import ACCESS_KEY, REGION, SECRET_KEY, CatalogLake
from harness.seeds import new_seed
from harness.workload import TABLES, Workload, Writer, assert_all_equal, create_schema

_numbers = itertools.count(1)
OAUTH2 = f'credential: "{ACCESS_KEY}:${{S3_SECRET}}"'


@pytest.fixture
def catalog_pipeline(seaweed, make_pipeline, tmp_path):
    """A function that writes a pipeline into a catalog of the test's own."""
    bucket = seaweed.make_table_bucket(f"tables-{os.getpid()}-{next(_numbers)}")

    def make(uri=None, proof=OAUTH2, s3=True, **options):
        catalog = f"{{ type: rest, uri: {uri or seaweed.catalog_uri}, warehouse: s3://{bucket}, {proof} }}"
        if s3:
            catalog += f"\n  s3: {seaweed.configuration()}"
        pipeline = make_pipeline(
            lake=CatalogLake(tmp_path / "lake", seaweed, bucket), catalog=catalog, warehouse=False, **options
        )
        pipeline.environment["S3_SECRET"] = SECRET_KEY
        return pipeline

    return make


@pytest.mark.kinds("mariadb", "postgres15")
def test_killed_at_random_moments_a_catalog_with_transactions_equals_the_source(source, catalog_pipeline):
    seed = new_seed("moments and workload")
    chance, workload = random.Random(seed), Workload(seed)
    create_schema(source)
    workload.fill(source)
    pipeline = catalog_pipeline(interval="100ms")
    outcome = pipeline.call("check")
    assert outcome.code == 0, outcome
    with Writer(source, workload, pause_seconds=0.01):
        for _ in range(4):
            with pipeline.start() as run:
                time.sleep(chance.uniform(0.2, 1.2))
                if not run.child.is_running():
                    raise AssertionError(f"frazil ended by itself: {run.output()}")
                run.kill()
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    outcome = pipeline.call("verify")
    assert outcome.code == 0, outcome


@pytest.mark.kinds("mariadb")
def test_credentials_that_the_catalog_hands_out_are_used_and_renewed(source, seaweed, catalog_pipeline):
    workload = Workload(37)
    create_schema(source)
    workload.fill(source)
    # Not one file could be written without them: the pipeline knows no key, no server and no region of buckets.
    with VendingProxy(seaweed.iceberg, seaweed.vended(), seconds=5) as proxy:
        pipeline = catalog_pipeline(uri=proxy.uri, s3=False)
        for name in [name for name in pipeline.environment if name.startswith("AWS_")]:
            del pipeline.environment[name]
        pipeline.environment["HOME"] = str(pipeline.folder)
        pipeline.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        with pipeline.start() as run:
            run.wait_for_tables(*TABLES)
            before = proxy.handed_out
            workload.apply(source, 20)
            run.wait_for(lambda: proxy.handed_out > before + 3, what="credentials that were renewed")
            run.stop()
        pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    outcome = run.output()
    assert SECRET_KEY not in outcome.out + outcome.err, outcome


@pytest.mark.kinds("mariadb")
def test_requests_signed_for_a_service_of_aws_are_taken(source, catalog_pipeline):
    workload = Workload(41)
    create_schema(source)
    workload.fill(source)
    pipeline = catalog_pipeline(proof=f"signing-name: s3tables, signing-region: {REGION}")
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    pipeline.replace("${S3_SECRET}", "wrong-secret-4711")
    outcome = pipeline.call("check")
    assert outcome.code == 1, outcome
    assert "catalog: could not" in outcome.out and "signature" in outcome.out, outcome
    assert "wrong-secret-4711" not in outcome.out + outcome.err, outcome
