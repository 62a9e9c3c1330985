# Entry point for people. Each target does what it needs of the others, from a bare clone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The question that a newcomer sees first; a folder of config/experiments.
PAPER ?= few-labels
# Of `make demo`: main, the few methods that its gate compares, or all.
ROWS ?= main
# Seeds of a demo in place of its own: SEEDS=6,7,8. The gate then asks all of them.
SEEDS ?=
DATA ?=
PROFILE ?= local
DRYRUN ?=
MUTATE ?=
BUILD ?= build/release
REAL_SCANS ?=
GOALS ?= help
FAULTS ?= --without-torch --minutes 3 --kills 0
FUZZ_SECONDS ?= 60
# Folders of lib/ whose unit tests run under sanitizers, beside all corpora; empty: all without Torch.
FOLDERS ?=
# A core each, and two GiB of free memory: what the compiler takes for the largest files.
JOBS ?= $(shell awk -v cores=$$(nproc) '/^MemAvailable/ {n = int($$2 / 2097152); print n < 1 ? 1 : n < cores ? n : cores}' /proc/meminfo)
PREFIX ?= /usr/local

VENV := .venv
PYTHON := $(VENV)/bin/python
SETUP_STAMP := $(VENV)/.setup-$(shell cat requirements.txt requirements-torch.txt | sha256sum | cut -c1-16)
# The logger prints one line per step (workflow/plugins); Snakemake finds it on the module path.
SNAKEMAKE = PATH="$(CURDIR)/$(BUILD)/bin:$(CURDIR)/$(VENV)/bin:$$PATH" PYTHONPATH="$(CURDIR)/workflow/plugins$${PYTHONPATH:+:$$PYTHONPATH}" \
  $(VENV)/bin/snakemake --logger steps
configure = mkdir -p $(dir $(BUILD)) && { cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release $(1) > $(BUILD).log 2>&1 \
  || { cat $(BUILD).log; exit 1; }; }
configure_asan = workflow/scripts/install_packages.sh apt-packages-fuzz.txt && mkdir -p build \
  && { cmake --preset asan > build/asan.log 2>&1 || { cat build/asan.log; exit 1; }; }
compile = cmake/compile.sh $(BUILD) $(JOBS) $(1)
# abspath works word by word; folders may have blanks in their names.
absolute = $(if $(filter /%,$(firstword $(1))),$(1),$(CURDIR)/$(1))
seeds = $(if $(SEEDS),'seeds=[$(SEEDS)]')
CPU_WHEEL := $(if $(shell command -v nvidia-smi),,--no-deps)

.PHONY: help setup packages build demo demo-full test test-slow test-cluster test-faults test-fresh test-bundle bundle bench reproduce golden reference format check tidy sanitize fuzz install clean

help:  ## list the targets
	@echo "kdseg: train and measure segmentation networks that must do with less"
	@echo
	@awk -F ':.*## *' '/^[a-z-]+:.*##/ {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PAPER=few-labels|had-net|kd-net|mkd|model-distillation  ROWS=main|all  DATA=folder of the real data  PROFILE=local|slurm|a folder  DRYRUN=1"
	@echo "  JOBS=cores  SEEDS=6,7,8"

packages:
	@workflow/scripts/install_packages.sh apt-packages.txt

$(SETUP_STAMP): | packages
	@echo "setup: Python packages into $(VENV) (about a minute, 2 GB)"
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install -q --disable-pip-version-check $(CPU_WHEEL) -r requirements-torch.txt
	@$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps -r requirements.txt
	@rm -f $(VENV)/.setup-*; touch $@

setup: packages $(SETUP_STAMP)  ## install what is missing: Debian packages, Python packages into .venv

$(BUILD)/build.ninja: CMakeLists.txt $(SETUP_STAMP)
	@echo "build: configuring $(BUILD)"
	@$(call configure,)

build: setup  ## build the programs into build/release/bin
	@$(MAKE) $(BUILD)/build.ninja
	@echo "build: programs (about 5 minutes on 2 cores the first time)"
	@$(call compile,programs)

demo: build  ## a student learns from scans that a teacher labelled: synthetic cohort, 5 minutes on 2 cores; PAPER=had-net: a paper's
	@echo "demo: $(PAPER), $(ROWS) rows, synthetic cohort, on the CPU; every step is kept, an interrupted demo continues"
	@# --nolock: after kill -9 a stale lock would refuse the next start; training locks its own run folder.
	@$(SNAKEMAKE) --profile workflow/profiles/local --nolock --cores $(JOBS) --config scale=demo rows=$(ROWS) paper=$(PAPER) $(seeds)
	@mkdir -p results/demo && cp results/$(PAPER)/demo/report.html results/demo/report.html
	@$(PYTHON) workflow/scripts/gate.py results/$(PAPER)/demo \
	  --experiment config/experiments/$(PAPER)/experiment.yaml --report results/demo/report.html

demo-full: build  ## all rows over several seeds with control cohorts, synthetic (up to 100 minutes on 2 cores); continues
	@echo "demo-full: $(PAPER), synthetic cohort, on the CPU; every step is kept, an interrupted run continues"
	@$(SNAKEMAKE) --profile workflow/profiles/local --nolock --cores $(JOBS) --config scale=demo-full paper=$(PAPER) $(seeds)
	@echo "report: results/$(PAPER)/demo-full/report.html"

test: setup  ## build and run all tests (REAL_SCANS=folder adds those on real scans)
	@$(call configure,-DKDSEG_REAL_SCANS="$(if $(REAL_SCANS),$(call absolute,$(REAL_SCANS)))")
	@echo "test: building programs and tests"
	@$(call compile,)
	@echo "test: running (label gpu skips without a GPU)"
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ctest --test-dir $(BUILD) -LE "cluster|slow" -j $(JOBS) --output-on-failure --no-tests=error

test-slow: build  ## networks that must learn a few images by heart (5 minutes on 2 cores)
	@ctest --test-dir $(BUILD) -L slow -j $(JOBS) --output-on-failure --no-tests=error

test-cluster: build  ## trainings through a real Slurm of one node, started and stopped for it (2 minutes)
	@workflow/scripts/install_packages.sh apt-packages-cluster.txt
	@ctest --test-dir $(BUILD) -L cluster --output-on-failure --no-tests=error

test-faults: build  ## fail every system call in turn, kill at random; the same command must continue (2 minutes; FAULTS= all programs)
	@$(call compile,programs kdseg_faults)
	@$(PYTHON) tests/faults/run.py $(BUILD)/bin $(BUILD)/tests/kdseg_faults.so --jobs $(JOBS) $(FAULTS)

test-fresh:  ## the Dockerfile's steps in a fresh Debian 12, as an ordinary user, then GOALS (root, debootstrap, 8 minutes)
	@tests/roots/fresh.sh $(GOALS)

bundle: build  ## pack the programs for machines without compiler or root: build/kdseg-*.tar.gz
	@$(call configure,-DKDSEG_WITH_BENCH=ON)
	@$(call compile,programs bench_steps gpu_agreement)
	@bundle/make.sh $(BUILD)

test-bundle: bundle  ## the bundle in an older and a newer Debian, as an ordinary user (root, debootstrap, 3 minutes)
	@tests/roots/bundle.sh "$$(ls -t build/kdseg-*.tar.gz | sed -n 1p)" "$$(echo $(VENV)/lib/python3*/site-packages/torch)"

bench: build  ## time the programs against what people would run instead, as ratios
	@bench/run.sh $(BUILD) $(VENV)

reproduce: build  ## full scale: make reproduce PAPER=had-net DATA=folder [PROFILE=slurm] [DRYRUN=1]
	@if [ -z "$(DATA)$(DRYRUN)" ]; then echo "reproduce: DATA is not set: give the data set's folder, or DRYRUN=1 to see the plan" >&2; exit 2; fi
	@$(SNAKEMAKE) --profile $(if $(wildcard workflow/profiles/$(PROFILE)),workflow/profiles/$(PROFILE),$(PROFILE)) \
	  $(if $(filter local,$(PROFILE)),--cores $(JOBS)) $(if $(DRYRUN),--dry-run) \
	  --config scale=full paper=$(PAPER) $(if $(DATA),data="$(call absolute,$(DATA))")
	@$(if $(DRYRUN),$(PYTHON) workflow/scripts/scale.py $(PAPER))

golden: build  ## write the help pages that tests compare with
	@tests/golden/regenerate.sh $(BUILD)/bin

reference: setup  ## reference values anew, by scripts in PyTorch that share nothing with us; MUTATE=1: also prove the test
	@$(if $(MUTATE),$(MAKE) $(BUILD)/build.ninja && $(call compile,golden_first_steps))
	@tests/reference/run.sh $(VENV) $(BUILD) $(if $(MUTATE),mutate)

check: setup  ## formatting, linters of C++ (make tidy), of the Python side and of the workflow
	@workflow/scripts/install_packages.sh apt-packages-check.txt
	@git ls-files '*.h' '*.cpp' | xargs clang-format --dry-run --Werror
	@$(VENV)/bin/snakefmt --check workflow
	@$(VENV)/bin/ruff check --quiet
	@found=$$($(VENV)/bin/snakemake --lint 2>&1) || { echo "$$found"; exit 1; }
	@$(MAKE) tidy

tidy: setup  ## clang-tidy over lib/ and tools/, as .clang-tidy says; looks at what has changed since it was clean
	@workflow/scripts/install_packages.sh apt-packages-check.txt
	@$(call configure,)
	@python3 cmake/tidy.py $(BUILD) $(JOBS)

sanitize: setup  ## unit tests without Torch and the fuzz corpora under address and undefined-behavior sanitizers (FOLDERS="io image")
	@$(configure_asan)
	@cmake/compile.sh build/asan $(JOBS) $(if $(FOLDERS),$(FOLDERS:%=unit_%) fuzzers)
	@# libhdf5 keeps 41 kB until the end.
	@ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ctest --preset asan -j $(JOBS) \
	  $(if $(FOLDERS),-R "^(fuzz\..*|unit\.($$(echo $(FOLDERS) | tr ' ' '|')))$$")

fuzz: setup  ## libFuzzer on every reader under the same sanitizers, FUZZ_SECONDS=60 each, JOBS at a time
	@$(configure_asan)
	@cmake/compile.sh build/asan $(JOBS) fuzzers
	@tests/fuzz/run.sh build/asan $(FUZZ_SECONDS) $(JOBS)

format:  ## format the sources (clang-format, snakefmt)
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i
	@$(VENV)/bin/snakefmt workflow

install: build  ## install programs into PREFIX (default /usr/local); LibTorch stays in .venv
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean:  ## remove build/ and results/ (not .venv)
	@rm -rf build results
