# `make` lists the targets. Everything is built by the go command; the pinned
# tools below are fetched by it, too.

GO         ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
TESTS       = $(GO) run gotest.tools/gotestsum@v1.13.0 --format standard-quiet --

.DEFAULT_GOAL := help
.PHONY: help run build dynamodb test test-quick race fuzz soak bench lint

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve on http://127.0.0.1:8080/mcp
	$(GO) run ./functions/parley

build: ## build bin/parley
	$(GO) build -trimpath -o bin/parley ./functions/parley

dynamodb: ## run DynamoDB Local (needs Java and Maven)
	$(GO) run ./scripts/dynamodb-local

# The tests of e2e run a program that the go command does not see as theirs, so
# that a cached result would say nothing: hence -count=1. What is skipped for
# want of Java, Node or Python is listed at the end; with CI=true it fails.
test: ## run every test, real clients and DynamoDB Local included
	$(TESTS) -count=1 -timeout=15m ./...

test-quick: ## run the tests that need nothing but Go
	$(TESTS) -short ./...

race: ## run the rules and the stores under the race detector
	$(TESTS) -race -short -count=1 ./internal/chat/... ./internal/table/...

FUZZTIME ?= 15s
fuzz: ## fuzz each target for FUZZTIME (15s)
	GO=$(GO) scripts/fuzz $(FUZZTIME)

soak: ## run the long tests: many seeds, waits in real time
	PARLEY_SOAK=1 $(TESTS) -count=1 -timeout=60m -run Soak ./internal/...
	PARLEY_SOAK=1 $(TESTS) -count=1 -parallel=64 -run Soak ./e2e

bench: ## measure, and print a table
	$(GO) run ./internal/bench

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted, run gofmt -w:" $$unformatted; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
