# `make` lists the targets. The go command builds everything and fetches the
# pinned tools below.
#
# Test results never come from the cache (-count=1), since the go command does not
# know which program e2e runs. Tests that are skipped because Java, Node, Python
# or Chromium is missing are counted at the end, by what is missing; with CI=true they
# fail. make fetch says what it downloads; the tests download nothing themselves.

GO         ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  = $(GO) run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER  = $(GO) run github.com/goreleaser/goreleaser/v2@v2.16.0
TESTS       = GO=$(GO) scripts/test -count=1

.DEFAULT_GOAL := help
.PHONY: help run build dynamodb fetch test test-quick race fuzz soak waits attack bench bench-cold lint vendor sam-local sam-check release release-check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## compile and serve on http://127.0.0.1:8080/mcp
	@echo "Compiling Parley. The first time this takes about a minute."
	$(GO) run -v ./cmd/parley

build: ## build bin/parley
	$(GO) build -trimpath -o bin/parley ./cmd/parley

DYNAMODB_ADDR ?= 127.0.0.1:8000
dynamodb: ## run DynamoDB Local on DYNAMODB_ADDR (needs Java and Maven)
	$(GO) run ./scripts/dynamodb-local -addr $(DYNAMODB_ADDR)

fetch: ## fetch what the tests drive, once (1.5 GB)
	$(GO) run ./e2e/fetch

test: fetch ## run every test, real clients and DynamoDB Local included
	$(TESTS) -timeout=30m ./...

test-quick: ## run the tests that need nothing but Go
	$(TESTS) -timeout=30m -short ./...

race: ## run the rules, the protocol, the client, the stores and the function under the race detector
	$(TESTS) -race -short ./internal/room/... ./internal/roomlog/... ./internal/chat/... ./internal/access/... ./internal/pairing/... ./internal/mcp/... ./internal/httpapi/...
	$(TESTS) -race ./internal/client/... ./internal/wake/... ./internal/shell/... ./internal/bridge/...
	$(TESTS) -race ./internal/table/... ./internal/lambdahttp/... ./internal/lambdatest/...

FUZZCOUNT ?= 200000x
fuzz: ## fuzz each target FUZZCOUNT times (200000x)
	GO=$(GO) scripts/fuzz $(FUZZCOUNT)

soak: fetch ## run the long tests, which take many minutes
	PARLEY_SOAK=1 $(TESTS) -timeout=4h -run Soak ./internal/...
	PARLEY_SOAK=1 $(TESTS) -timeout=1h -parallel=64 -run Soak ./e2e/...

waits: fetch ## let clients wait in real time: give up after 30, 55 and 64 s, go on beyond 300 s
	PARLEY_SOAK=1 $(TESTS) -timeout=15m -parallel=64 -run Soak_wait ./e2e/...

attack: ## attack a server on this machine in full, and print what holds
	PARLEY_ATTACK=1 $(GO) test -count=1 -timeout=30m -v -run Attack ./e2e | grep -E '^(---|ok|FAIL)|holds:|FAILS:|_test.go'

bench: ## measure, and print a table
	$(GO) run ./bench

bench-cold: ## measure cold starts of the built function
	$(GO) test -count=1 -v -run ColdStart ./internal/lambdatest

screenshots: ## take the pictures of the page in docs/images
	PARLEY_SCREENSHOTS=$(CURDIR)/docs/images $(GO) test -count=1 -timeout=4m -run Screenshots ./e2e/browser

lint: ## gofmt, go vet, staticcheck, actionlint; tsc and eslint for the page
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted, run gofmt -w:" $$unformatted; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(ACTIONLINT) -shellcheck= -pyflakes=
	scripts/lint-page

vendor: ## bundle the libraries of the page anew (needs npm)
	@scripts/vendor/vendor

sam-local: ## run behind sam local on port 3000 (needs Docker, and make dynamodb)
	@scripts/sam/local

sam-check: ## validate, lint, build and try what deploy deploys, short of AWS
	@scripts/sam/check

# Called by the release workflow, with what it needs to publish in the environment.
release:
	$(GORELEASER) release --clean

release-check: ## build the last commit as a release, and check it, without publishing
	@GORELEASER="$(GORELEASER)" scripts/release-check

include lambda.mk
