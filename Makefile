# `make` lists the targets. The go command builds everything and fetches the
# pinned tools below.
#
# Five tiers of tests: `make test` for each change, `make test-page` for the page in Chromium,
# `make test-clients` for the real clients, .ci/run for the three and the race detector on a
# clean clone, `make nightly` for all that takes long. With FRESH= the go command skips the
# packages whose code and environment are as they were when they passed. It does not see
# programs that tests build or start: this is for a second run of the same code. Tests that are skipped because Java, Node, Python or
# Chromium is missing are counted at the end, by what is missing; with CI=true they fail. Each
# run says what it is at, and in its last line how many passed, failed and were skipped.
# Each tier says first what it downloads, once. CONTRIBUTING.md has how long each takes.

GO         ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  = $(GO) run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER  = $(GO) run github.com/goreleaser/goreleaser/v2@v2.16.0
# Releases are built without C, and so are the tests, with or without a C compiler. The race
# detector needs one.
export CGO_ENABLED = 0
FRESH      ?= -count=1
# make lint vets all packages with their tests, and by more rules than go test does.
TESTS       = GO=$(GO) $(GO) run ./scripts/test -vet=off $(FRESH)

# What takes longest comes first, here and in RACE: the others run beside it to the end.
LONGEST   = ./e2e ./e2e/agents ./internal/core/chat ./internal/testkit/lambdatest

# The race detector runs where rules live and where goroutines meet; make nightly has the rest.
RACE      = $(addprefix ./internal/,core/chat core/room core/roomlog core/pairing core/presence auth/access \
            api/mcp api/httpapi cli/wake cli/client cli/bridge)
RACE_LATE = $(addprefix ./internal/,cli/shell store/table/... server/lambdahttp testkit/lambdatest)
# These measure memory, or what long lives cost, or make one call after another, or check passwords, or do over
# DynamoDB what others do over a file: make nightly races them.
DYNAMODB  = [dD]ynamo[dD][bB]
RACE_LONG = TestProperty_|countsWhatTheyTake|countsByItsPixels|roomOfYears|thatHasSeenManyAgents|areNotKept|LargestRoom_
RACE_LONG := $(RACE_LONG)|TestSome_agentThatWants|wrongPasswords|$(DYNAMODB)|/$(DYNAMODB)|//$(DYNAMODB)
# By day these play on DynamoDB what a race, a cost or a condition decides. make soak plays the rest there, too.
DOUBLED   = $(addprefix ./internal/,core/chat api/tools outbound/outbox server/transfer)
# SQLite is C translated to Go: with the detector in it, it would take most of the time.
DETECTOR  = -race '-gcflags=modernc.org/...=-race=false'

.DEFAULT_GOAL := help
.PHONY: help run demo build dynamodb fetcher fetch test test-page test-view test-alone fetch-clients test-clients nightly race race-late fuzz soak waits kills attack mutants bench test-bench bench-cold screenshots lint vendor sam-local sam-check release release-check

help: ## list the targets
	@for file in $(MAKEFILE_LIST); do while IFS= read -r line; do case $$line in \
	  [a-z]*:*'## '*) printf '  make %-13s %s\n' "$${line%%:*}" "$${line#*## }" ;; \
	esac; done <"$$file"; done

run: ## compile and serve on http://127.0.0.1:8080/mcp
	@echo "Compiling Parley. The first time this takes a while, and downloads what it needs."
	$(GO) run -v ./cmd/parley serve

demo: ## see two agents talk
	$(GO) run -v ./cmd/parley demo

build: ## build bin/parley
	$(GO) build -v -trimpath -o bin/parley ./cmd/parley

DYNAMODB_ADDR ?= 127.0.0.1:8000
dynamodb: ## run DynamoDB Local on DYNAMODB_ADDR (needs Java and Maven)
	$(GO) run ./scripts/dynamodb-local -addr $(DYNAMODB_ADDR)

# The go command says nothing while it compiles, so what it compiles first is compiled below a clock.
fetcher:
	@echo "Looking for what the tests need."
	@scripts/saying "compiling what fetches and runs the tests" $(GO) build ./e2e/fetch ./scripts/test

fetch: fetcher
	@scripts/saying "fetching what the tests need" $(GO) run ./e2e/fetch

test: fetch ## run what a change needs
	@$(TESTS) -timeout=15m $(LONGEST) $(filter-out %/e2e/browser,$(shell $(GO) list ./...))

test-page: fetch ## run what a change of the page needs besides, in Chromium
	@$(TESTS) -timeout=15m ./e2e/browser

# .ci/run names the Chromium that people install: it gives the frame of a view a process, and shows notifications, as the
# headless shell does not.
test-view: fetch
	@$(TESTS) -timeout=5m -run '^Test(View|Push)_' ./e2e/browser

test-alone: ## run make test where little more than Go is installed
	@scripts/go-alone

fetch-clients: fetcher
	@scripts/saying "fetching the clients" $(GO) run ./e2e/fetch -clients

test-clients: fetch-clients ## let real clients and SDKs talk
	@PARLEY_CLIENTS=only $(TESTS) -timeout=15m ./e2e ./e2e/agents

nightly: ## run all that takes long (hours): test-alone, attack, fuzz, mutants, race-late, release-check, waits, soak, kills
	$(MAKE) test-alone
	$(MAKE) attack
	$(MAKE) fuzz
	$(MAKE) mutants
	$(MAKE) race-late
	$(MAKE) release-check
	$(MAKE) waits
	$(MAKE) soak
	$(MAKE) kills KILLMINUTES=30

race race-late: export CGO_ENABLED = 1
race: ## run the rules, the protocol and the clients under the race detector
	@$(TESTS) $(DETECTOR) -timeout=20m '-skip=$(RACE_LONG)' $(RACE)

race-late:
	@$(TESTS) $(DETECTOR) -timeout=30m $(RACE) $(RACE_LATE)

FUZZCOUNT ?= 200000x
fuzz: ## fuzz each target FUZZCOUNT times (200000x)
	@GO=$(GO) scripts/fuzz $(FUZZCOUNT)

soak: fetch ## run many seeds, what takes many minutes, and on DynamoDB what a file has passed
	@PARLEY_SOAK=1 $(TESTS) -timeout=4h -run Soak ./internal/...
	@PARLEY_DOUBLES=1 $(TESTS) -timeout=1h $(DOUBLED)

waits: fetch fetch-clients ## let the program and real clients wait in real time, die often, and play all their modes
	@PARLEY_SOAK=1 PARLEY_CLIENTS=1 $(TESTS) -timeout=1h -parallel=64 -run Soak ./e2e/...
	@PARLEY_DOUBLES=1 PARLEY_CLIENTS=only $(TESTS) -timeout=1h ./e2e ./e2e/agents

KILLMINUTES ?= 10
kills: fetch ## kill servers with -9 while agents work, and count what is lost or doubled (KILLMINUTES minutes, 10)
	@scripts/saying "compiling what kills, and what is killed" $(GO) build -trimpath -o bin/ ./cmd/parley ./e2e/kills
	@PARLEY_E2E_BINARY=bin/parley bin/kills -minutes $(KILLMINUTES)

attack: ## attack a server on this machine in full, and print what holds
	@PARLEY_ATTACK=1 $(GO) test -count=1 -timeout=30m -v -run Attack ./e2e | \
	  awk '/^(---|ok|FAIL)|holds:|FAILS:|_test.go/; /^FAIL|FAILS:/ { failed = 1 } END { exit failed }'

mutants: fetch ## change the code in hundreds of small ways, and see which tests notice (needs Java and Maven)
	@GO=$(GO) nice -n 19 $(GO) run ./scripts/mutants

bench: ## measure, and print a table
	$(GO) -C bench run .

test-bench: ## test the measurements, which are a module of their own
	$(GO) -C bench test -count=1 -timeout=15m ./...

bench-cold: ## measure cold starts of the built function
	$(GO) test -count=1 -v -run ColdStart ./internal/testkit/lambdatest

screenshots: ## take the pictures of the page in docs/images (those there have Inter as the font of the system)
	PARLEY_SCREENSHOTS=$(CURDIR)/docs/images $(GO) test -count=1 -timeout=4m -run Screenshots ./e2e/browser

lint: ## gofmt, go mod tidy, go vet, staticcheck, actionlint; tsc and eslint for the page; counts sentences
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted, run gofmt -w:" $$unformatted; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) -C bench mod tidy -diff
	$(GO) -C bench vet ./...
	cd bench && $(STATICCHECK) ./...
	$(ACTIONLINT) -shellcheck= -pyflakes=
	scripts/lint-page
	@$(GO) run ./scripts/sentences

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
