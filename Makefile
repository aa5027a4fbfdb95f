# `make` lists the targets. Everything here is also a plain go command.

MODULES := $(shell go list -f '{{.Dir}}' -m)
GOLANGCI_VERSION := v2.15.0
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
FUZZTIME := 30s
# The race detector sees nothing where there is one goroutine, and makes it many
# times as slow: most tests of crash read text, most of gobin read programs that
# they have built with every toolchain. internal/arch holds this list, and the tests
# that race names, against the code.
RACE := . ./internal/headline ./internal/inflight ./internal/monitor ./internal/sampling ./internal/spool ./leak ./mark ./safe

.DEFAULT_GOAL := help
.PHONY: help build test race check lint fmt fmt-check modules fuzz bench cover generate demo matrix lab bpf

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build every module
	go build work

test: ## test every module, with the workspace
	go test work

race: ## test what starts goroutines, or is used by several, under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race $(RACE)
	CGO_ENABLED=1 go test -race -run '^Test(Parallel|ReportsShareNothing|CrashOnlyGoroutine)' ./crash
	CGO_ENABLED=1 go test -race -run '^TestConcurrent$$' ./internal/gobin
	CGO_ENABLED=1 go test -race -skip '^TestToolchains$$' ./internal/goid
	CGO_ENABLED=1 go test -race ./analysis/driver ./analysis/vettool

check: build fmt-check ## what CI runs
	go vet work
	$(MAKE) lint
	go test work
	$(MAKE) modules
	$(MAKE) race

lint: ## golangci-lint, with .golangci.yml
	@for d in $(MODULES); do (cd $$d && echo "lint $${d#$(CURDIR)}/" && $(GOLANGCI) run ./...) || exit 1; done

fmt: ## format the code
	@gofmt -w $$(git ls-files '*.go' | grep -v testdata)

fmt-check:
	@out=$$(gofmt -l $$(git ls-files '*.go' | grep -v testdata)); \
	if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi

modules: ## check each module alone, as its users see it
	@.ci/alone

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@for p in $$(git grep -l 'func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u); do \
	for f in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$p/*_test.go); do \
	(cd $$p && go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) .) || exit 1; done; done

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem work

cover: ## coverage of the root module, in coverage.html
	go test -coverprofile=cover.out ./... && go tool cover -html=cover.out -o coverage.html

generate: ## remake generated files
	go generate ./...

bpf: ## compile the programs that run in the kernel (needs clang 14 and llvm-strip)
	cd cmd/backstop && go test -count=1 -run TestObjects ./internal/trace/bpf -update

matrix: ## let a program crash in every way, built by every toolchain, and write docs/capture.md (needs root)
	cd cmd/backstop && BACKSTOP_REQUIRE_ALL=1 go test -count=1 -timeout 60m -run TestCapture ./internal/capture -every -update

demo: ## show everything at work
	go run ./cmd/backstop demo

lab: ## let every scenario of the lab happen on every toolchain, judge every claim, and write docs/lab, docs/claims and lab/baseline (needs root)
	go run ./cmd/backstop lab matrix -write . > /dev/null
	go run ./cmd/backstop lab claims -docs docs/claims > /dev/null
