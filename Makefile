# What the README names: make demo, make test. The rest is for developers.

OUT     ?= silta
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -linkmode external -extldflags "-static -Wl,--no-warnings"

# goolm: Olm in pure Go, so libolm is not needed. cgo is for SQLite only.
# -trimpath everywhere, so that build, demo and tests share what is compiled.
export GOFLAGS += -trimpath -tags=goolm,netgo,osusergo
export CGO_ENABLED := 1

.PHONY: build demo test bench chaos soak bench-sample chaos-sample soak-sample fuzz leaks check tools clean

build: # one static binary, ./silta
	go build -ldflags '$(LDFLAGS)' -o '$(OUT)' ./cmd/silta

demo: # a real homeserver and Silta with people in it, until Ctrl-C
	go run ./dev/demo

test: tools # everything that decides right or wrong
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "run gofmt -w on:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go test -p 2 -timeout 30m ./...

bench: # ratios to other relays, measured in the same run
	go run ./e2e/bench

chaos: # kill -9 and restarts under load
	go run ./e2e/chaos

soak: # every planted leak, an hour of fuzzing, thousands of simulated services, a thousand who join
	go test -count 1 -timeout 1h -run 'TestOracle|TestPlantedLeaks' ./bridge/rewrite -planted all -budget 60s
	$(MAKE) fuzz FUZZTIME=10000000x FLAT=10m
	for f in JPEG PNG GIF WebP Ogg MP3 MP4 M4A WebM; do go test -run '^$$' -fuzz "^Fuzz$$f\$$" -fuzztime 2000000x -fuzzminimizetime 1x ./bridge/media || exit 1; done
	go test -count 1 -timeout 3h -run TestSeeds ./e2e/sim -seeds 5000
	go test -count 1 -timeout 30m -run TestHostile ./web -hostile 10000
	go test -count 1 -timeout 2h -run TestSignUps ./e2e -signups 1000
	go test -count 1 -timeout 1h -v -run 'TestYear$$' ./e2e/year -seeds 20
	go test -count 1 -timeout 1h -v -run TestYearFigures ./e2e/year -figures-mentees 2700

# Fuzzes the rewriting and judges whether it had stopped reaching new code (TestFlat
# says what counts). FUZZED is a folder to keep what the run has found. FUZZTIME by
# count (2000000x): the engine can report an end by time as a failure.
FUZZTIME ?= 4000000x
FLAT     ?= 10m
PARALLEL ?= $(shell nproc)
fuzz:
	set -e; d='$(FUZZED)'; if [ -z "$$d" ]; then d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; fi; \
	go test -c -fuzz FuzzRewrite -o "$$d/fuzz" ./bridge/rewrite; touch "$$d/began"; \
	(cd bridge/rewrite && "$$d/fuzz" -test.run '^$$' -test.fuzz FuzzRewrite -test.fuzztime $(FUZZTIME) -test.parallel $(PARALLEL) -test.fuzzminimizetime 10x -test.fuzzcachedir "$$d/cache"); \
	touch "$$d/ended"; \
	go test -count 1 -v -run TestFlat -covermode set -coverpkg silta/bridge/rewrite,golang.org/x/net/html,github.com/rivo/uniseg,go.mau.fi/util/emojirunes,go.mau.fi/util/variationselector ./bridge/rewrite -fuzzed "$$d" -flat $(FLAT)

# A short form of each, for CI.
bench-sample:
	go run ./e2e/bench -sample

chaos-sample:
	go run ./e2e/chaos -sample

leaks: # the rows of the table of leaks that nothing guards (none)
	go run ./dev/leaks

soak-sample:
	go test -count 1 -timeout 10m -run TestPlantedLeaks ./bridge/rewrite -planted 3
	$(MAKE) fuzz FUZZTIME=200000x FLAT=0s

check: # what CI's lint job runs; golangci-lint 2.x
	@command -v golangci-lint >/dev/null || { echo "golangci-lint is missing; see https://golangci-lint.run/docs/welcome/install/"; exit 1; }
	golangci-lint run

tools: # what the tests need besides Go: installed when root, else the command is printed
	@command -v gcc >/dev/null || { echo "a C compiler is missing (for SQLite); run: apt-get install gcc libc6-dev"; exit 1; }
	@{ command -v node && command -v npm; } >/dev/null || dev/install.sh node
	@/usr/bin/python3 -c 'import nio, olm' 2>/dev/null || dev/install.sh nio
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || dev/install.sh postgres
	@{ command -v exiftool && command -v ffmpeg; } >/dev/null || dev/install.sh media

clean:
	rm -rf silta demo
