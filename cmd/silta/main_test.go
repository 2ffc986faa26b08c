package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"silta/config"
	"silta/dev"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"silta": main})
}

// TestScripts runs what an operator types: one file of testdata a story.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("LISTEN", fmt.Sprintf("127.0.0.1:%d", dev.FreePort(t)))
			env.Setenv("HEALTH", fmt.Sprintf("127.0.0.1:%d", dev.FreePort(t)))
			for _, name := range []string{"SILTA_KEY", "SILTA_CONFIG", "CREDENTIALS_DIRECTORY"} {
				env.Setenv(name, "")
			}
			return nil
		},
	})
}

// service is a folder with settings, a registration and a key, as an operator
// has them after `silta registration`.
type service struct {
	t      *testing.T
	folder string
	health int
}

// newService makes one for a homeserver at that address; more is YAML.
func newService(t *testing.T, homeserver, more string) *service {
	t.Helper()
	s := &service{t: t, folder: t.TempDir(), health: dev.FreePort(t)}
	s.write("config.yaml", fmt.Sprintf(`
homeserver: {address: "%s", domain: yhdistys.fi}
initial_staff: ["@anna:yhdistys.fi"]
appservice: {listen: "127.0.0.1:%d"}
health: {listen: "127.0.0.1:%d"}
%s`, homeserver, dev.FreePort(t), s.health, more))
	if code, out := s.run("registration"); code != 0 {
		t.Fatalf("silta registration: %s", out)
	}
	return s
}

func (s *service) path(name string) string { return filepath.Join(s.folder, name) }

func (s *service) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) config() *config.Config {
	s.t.Helper()
	c, err := config.Load(s.path("config.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// run is one command line on this service.
func (s *service) run(args ...string) (code int, output string) {
	s.t.Helper()
	var out bytes.Buffer
	code = execute(s.t.Context(), append(args, "-c", s.path("config.yaml")), &out, &out)
	return code, out.String()
}
