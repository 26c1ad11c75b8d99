# Everything a contributor types. Long output goes to .build/logs; a failure shows the end of its log.

SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(FRAZIL_CACHE),$(HOME)/.cache/frazil)
PYTHON := $(CACHE)/python/bin/python
SWIFT_SOURCES := Package.swift Sources connectors Tests integration

.PHONY: help build release demo test unit simulation integration fuzz bench format clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

build: ## the debug build
	@integration/setup build
	@integration/run-tests build

release: ## the release binary, .build/release/frazil
	@integration/setup build
	@integration/run-tests release

demo: ## two throwaway web shops, one lake, a kill in the middle: what frazil does, in a minute
	@integration/setup build python mariadb postgres15
	@integration/run-tests release
	@cd integration && $(PYTHON) -m demo

test: ## everything: format, warnings, unit tests, floors, real servers and foreign readers
	@integration/setup all
	@integration/run-tests format build unit release simulation integration

unit: ## unit tests and the floor test
	@integration/setup build
	@integration/run-tests build unit

simulation: ## random histories against a plain model; SIMULATION='--runs 1 --seed 17' replays one
	@integration/setup build
	@integration/run-tests simulation

integration: ## the scenarios against real servers; SELECT='-k kill' chooses
	@integration/setup all
	@integration/run-tests release integration

fuzz: ## random bytes for every reader of foreign bytes; FUZZ_SECONDS=600, FUZZ='Avro Puffin' chooses
	@integration/setup build
	@integration/fuzz/run $(FUZZ)

bench: ## figures of the release build; BENCH=name runs one, e.g. BENCH=drain-mix-postgres
	@integration/setup build python mariadb postgres15
	@integration/run-tests release formats
	@cd integration && $(PYTHON) -m bench $(BENCH)

format: ## formats all Swift sources in place
	@swift format format --in-place --parallel --recursive $(SWIFT_SOURCES)

clean: ## removes build products and the demo's lake; the cache of servers stays in $(CACHE)
	@rm -rf .build demo-lake demo-work
