# Tools are pinned here and run from the module cache; nothing is installed.
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOFUMPT  := go run mvdan.cc/gofumpt@v0.12.0
DEADCODE := go run golang.org/x/tools/cmd/deadcode@v0.52.0

PKG ?= ./...
# The race detector watches what is ours and what holds it together. It leaves out what only computes: with that the tests take twice
# the processor's time. Nothing that uses atomics or sync.Map may be left out, or it cries wolf. The nights leave nothing out.
UNWATCHED := compress encoding/base64 encoding/hex hash image golang.org/x/image github.com/yuin github.com/imagika/imagika/providers/local
RACE := -race '-gcflags=modernc.org/...=-d=checkptr=0 -race=false' $(foreach p,$(UNWATCHED),-gcflags=$(p)/...=-race=false)
TEST := CGO_ENABLED=1 go test $(RACE) -shuffle=on -parallel 4 -timeout 30m

.PHONY: help
help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## everything in one process, with nothing to install
	go run ./cmd/imagika run

.PHONY: build
build: ## the binary, bin/imagika
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/imagika ./cmd/imagika

.PHONY: test test-fast test-slow
# In a simulated world one goroutine goes on at a time, so that there the race detector only takes time: most worlds pass without it.
WORLDS := go test -shuffle=on -timeout 30m -run '^(TestSimulation|TestOverRedis|TestReplay|TestFoundSeeds|TestMutants)$$' ./cmd/internal/sim -seeds 200 -mutants 100 -few
test: setup ## every test, with the race detector, on every engine
	$(TEST) $(PKG)
	$(if $(filter ./... ./cmd/... ./cmd/internal/... ./cmd/internal/sim,$(PKG)),$(WORLDS))
test-fast: ## the tests that need nothing but Go
	go test -short -shuffle=on $(PKG)
test-slow: setup ## every test, without the race detector
	go test -shuffle=on -timeout 30m $(PKG)

.PHONY: bench cover
bench: setup ## what this machine does, as one table with ratios (seven minutes); BENCHMARKS.md explains it
	@mkdir -p bin
	go run ./cmd/bench
cover: ## share of statements the fast tests reach
	@mkdir -p bin
	go test -short -coverprofile=bin/cover.out -coverpkg=./... $(PKG)
	go tool cover -func=bin/cover.out | tail -n 1

.PHONY: chaos
chaos: setup ## the whole program while everything breaks (ten minutes); SEED=n repeats a schedule
	@mkdir -p bin/chaos
	CGO_ENABLED=1 go test $(RACE) -count=1 -v -timeout 60m -run '^TestChaos$$' ./cmd/internal/chaos \
	  -chaos.duration $(or $(DURATION),10m) -chaos.seed $(or $(SEED),0) -artifacts -outputdir $(CURDIR)/bin/chaos

.PHONY: soak
soak: setup ## half an hour with a fault every ten seconds: what grows (DURATION=6m is shorter, SEED=n repeats)
	@mkdir -p bin/soak
	go test -count=1 -v -timeout 90m -run '^TestSoak$$' ./cmd/internal/chaos \
	  -soak.duration $(or $(DURATION),30m) -chaos.seed $(or $(SEED),0) -artifacts -outputdir $(CURDIR)/bin/soak

.PHONY: sheet shots previews
shots: setup ## pictures of every story in the playground, for a phone and a desktop
	@mkdir -p bin/shots
	go test -count=1 ./cmd/internal/app -run Stories -shots -artifacts -outputdir $(CURDIR)/bin/shots
previews: setup ## the dashboards as the documentation shows them
	@mkdir -p bin/shots
	go test -count=1 ./cmd/internal/app -run Previews -previews -artifacts -outputdir $(CURDIR)/bin/shots
sheet: ## what the painter can do, as one picture
	go run ./providers/local/sheet -o providers/local/sheet/sheet.jpg

.PHONY: fmt lint
fmt: ## format the code
	$(GOLANGCI) fmt
# go vet also compiles tests and benchmarks. deadcode exits 0 whatever it finds.
lint: ## every check that runs nothing
	@out=$$($(GOFUMPT) -extra=group_params,clothe_returns -l .) && if [ -n "$$out" ]; then echo "not formatted, run make fmt:"; echo "$$out"; exit 1; fi
	go vet ./...
	$(GOLANGCI) config verify
	$(GOLANGCI) run
	@out=$$($(DEADCODE) -test ./...) && if [ -n "$$out" ]; then echo "$$out"; exit 1; fi
	go mod tidy -diff
	cd cmd/bench/peers && go vet ./... && $(GOLANGCI) run --disable depguard && go mod tidy -diff

.PHONY: vulncheck
vulncheck: ## known holes in what is linked; from a database in the network, or VULNDB=file:///path
	.ci/vulncheck

.PHONY: setup nightly
setup: ## what the tests need besides Go
	@.ci/setup
nightly: setup ## what takes too long for every change
	.ci/nightly
