# The documented way in. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BUILD ?= build/release
PREFIX ?= /usr/local
CIRCLET := $(BUILD)/bin/circlet
export CIRCLET_CACHE ?= $(HOME)/.cache/circlet

.PHONY: help deps build install demo example-digits-cnn example-credit-forest example-fairness-report example-one-block example-char-gpt example-ocr-orientation example-content-label example-image-screen test test-full onchain bench bench-models fuzz generate format lint clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

deps: ## install the Debian packages that Circlet is built with
	@scripts/install-deps

build: deps ## build the circlet command into build/release/bin
	@[[ -f $(BUILD)/build.ninja ]] || cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release -DCIRCLET_TESTS=OFF >/dev/null
	@cmake --build $(BUILD) --target circlet

install: build ## put the circlet command into $(PREFIX)/bin (PREFIX=/usr/local)
	@cmake --install $(BUILD) --prefix $(PREFIX)

demo: build ## from nothing to "proof verified: digit 7"
	@scripts/demo $(CIRCLET)

example-digits-cnn: build ## the same with a convolutional network
	@scripts/demo $(CIRCLET) digits-cnn

example-credit-forest: build ## a random forest: whether an applicant's chance is at least 70 %
	@examples/credit-forest/run $(CIRCLET)

example-fairness-report: build ## how right and how fair that forest is on 1,000 committed applicants
	@examples/fairness-report/run $(CIRCLET)

example-one-block: build ## the next character of a text, by a transformer of one block that fits a transaction
	@examples/char-gpt/run $(CIRCLET) one-block

example-char-gpt: build ## the same by a nanoGPT of four blocks, off chain
	@examples/char-gpt/run $(CIRCLET) char-gpt

example-ocr-orientation: build ## a real model: PaddleOCR's text orientation, proved with a private input
	@examples/ocr-orientation/run $(CIRCLET)

example-content-label: build ## a real model: magika's label of a file, proved with a private input
	@examples/content-label/run $(CIRCLET)

example-image-screen: build ## a real model of a billion multiplications: open_nsfw on a photograph of 224 x 224
	@examples/image-screen/run $(CIRCLET)

test: ## everything CI runs: unit, golden, AIR, adversary, oracle, Cairo, end to end, sanitizers
	@scripts/test

test-full: ## `make test` and the long sweeps
	@scripts/test --full

onchain: build ## prove the demo, start a Starknet devnet, verify on it through the consumer contract
	@scripts/install-deps --dev
	@scripts/install-starknet-tools >/dev/null
	@scripts/onchain/run $(CIRCLET)

bench: ## kernels, end to end, and the peers, side by side
	@scripts/bench

bench-models: build ## whole models from ONNX file to verified proof, EZKL and JSTprove beside: writes docs/models.md (MODELS="lenet-5 .." for some)
	@scripts/bench-models $(MODELS)

fuzz: ## five minutes of libFuzzer on each target, and of the three verifiers on random cases (SECONDS_EACH=n to change)
	@scripts/fuzz
	@scripts/fuzz-differential --seconds $${SECONDS_EACH:-300}

generate: ## regenerate the Cairo and Rust evaluators and the generated pages
	@scripts/generate

format: ## clang-format everything in place
	@git ls-files '*.hpp' '*.cpp' | xargs clang-format-16 -i

lint: ## clang-tidy over the sources
	@scripts/lint

clean: ## remove the build folder
	@rm -rf build
