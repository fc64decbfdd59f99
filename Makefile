# The human entrance. Everything real happens in CMake presets and scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test build run test unit bench valgrind fuzz kill9 soak fmt lint docs clean schemathesis payload
.PHONY: mongo-monitor mongo-shutdown mongo-load mongo-health mongo-check soak-mongo kill9-mongo

DATA_DIR ?= data
LISTEN ?= 127.0.0.1:8000

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: ## install what is missing to build and run
	@scripts/setup_packages.sh
	@python3 scripts/setup_pinned.py

setup-test: setup
	@scripts/setup_packages.sh --test
	@scripts/setup_ferretdb.sh
	@scripts/setup_schemathesis.sh

build: setup ## build/release/wellspring, and the programs under build/release/tests/ that take arguments
	@scripts/build.sh release wellspring cmap_runner pool_probe fake_mongod_program

run: build ## start on http://localhost:8000 with our own documentation as the knowledge base
	@scripts/run_demo.sh "$(DATA_DIR)" "$(LISTEN)"

test: setup-test ## build and run every test: release, sanitizers, functional, fuzz and kill rounds
	@scripts/test.sh

unit: setup-test ## unit tests of the release build only
	@scripts/build.sh release all && ctest --preset unit

bench: setup-test ## benchmarks; results under bench/results/
	@scripts/setup_packages.sh --bench
	@scripts/build.sh release fake_mongod_program
	@scripts/build.sh bench all && python3 bench/run.py

valgrind: setup-test ## the pools' scenarios under valgrind: no errors, no definite leaks
	@scripts/setup_packages.sh --valgrind
	@scripts/valgrind.sh

fuzz: setup-test ## 10 minutes for each fuzz target
	@scripts/fuzz.sh 600

schemathesis: build ## a server against its own OpenAPI document, with requests of every kind
	@scripts/setup_schemathesis.sh
	@WELLSPRING_BINARY=build/release/wellspring python3 tests/contract/check_openapi.py --examples 100 --limit 3600

kill9: build ## 200 kills at random instants while webhooks arrive
	@python3 tests/functional/kill9.py --binary build/release/wellspring --kills 200

soak: build ## 30 minutes of mixed load; memory, descriptors and answers must stay as they were
	@python3 tests/functional/soak.py --binary build/release/wellspring --minutes 30

# MONGO_URI=... takes a real server instead of the fake one.
mongo-monitor: build ## report: MongoDB connections at rest and under steady load
	@python3 tests/functional/mongo_monitor.py

mongo-shutdown: build ## report: MongoDB connections left after every kind of stop
	@python3 tests/functional/mongo_shutdown.py

mongo-load: build ## report: MongoDB connections in bursts, spikes and exhaustion
	@python3 tests/functional/mongo_load.py

mongo-health: build ## report: health calls and scrapes beside MongoDB
	@python3 tests/functional/mongo_health.py

mongo-check: build ## nine steps that show that MongoDB connections stay where they are
	@scripts/check_mongo_connections.py

soak-mongo: build ## 30 minutes of mixed load on a fake mongod with faults; connections counted there
	@python3 tests/functional/soak.py --binary build/release/wellspring --minutes 30 --mongo

kill9-mongo: build ## 200 kills at random instants, data in a fake mongod
	@python3 tests/functional/kill9.py --binary build/release/wellspring --kills 200 --mongo

payload: build ## the plugin for Payload CMS: its tests, then Payload itself against the program (installs 900 MB)
	@scripts/payload.sh

fmt: ## clang-format everything
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

lint: setup-test ## clang-format, layers and clang-tidy
	@scripts/lint.sh

docs: build ## regenerate docs/configuration.md
	@build/release/wellspring options --markdown > docs/configuration.md

clean: ## remove build trees; the downloaded bits under .deps stay
	rm -rf build
