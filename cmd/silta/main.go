// Command silta is the whole service in one program:
//
//	silta registration   writes the file that the homeserver needs, and the key
//	silta check          says what is right and what is not, and what to change
//	silta run            the service itself
//	silta backup FILE    a copy of the database, also while the service runs
//	silta restore FILE   the database from such a copy
//	silta keys add       a fresh key, and
//	silta keys rotate    everything sealed with it
//	silta audit verify   proves that nothing of the audit was cut or changed
//	silta breach-report  what the authority asks for after a breach
//	silta version
//
// This package only wires: it reads the settings, opens the store, and hands
// each part what it needs. run.go makes the service; a test can start it, too.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"silta/config"
)

// commands is the command line.
type commands struct {
	Config string `short:"c" default:"config.yaml" env:"SILTA_CONFIG" placeholder:"FILE" help:"Settings (default: config.yaml, or $$SILTA_CONFIG)."`

	Run          runCommand          `cmd:"" help:"Run the service until SIGTERM. SIGHUP takes over changed settings."`
	Registration registrationCommand `cmd:"" help:"Write the file that the homeserver needs, and the key file if there is none."`
	Check        checkCommand        `cmd:"" help:"Say what is right and what is not, and what to change (at most 10 seconds)."`
	Backup       backupCommand       `cmd:"" help:"Write a copy of the database, also while the service runs."`
	Restore      restoreCommand      `cmd:"" help:"Make the database from a backup; the service must not run."`
	Keys         keysCommand         `cmd:"" help:"Change the key that the database is sealed with: add one, then rotate."`
	Audit        auditCommand        `cmd:"" help:"Verify or print the audit of what staff did."`
	BreachReport breachCommand       `cmd:"" help:"Print what the authority asks for after a breach (GDPR 33): whom it concerns, what was readable, what the audit says."`
	Health       healthCommand       `cmd:"" help:"Ask the running service whether it is alive (for container health checks)."`
	Version      versionCommand      `cmd:"" help:"Print the version."`
}

// surroundings are what a command has besides its own flags.
type surroundings struct {
	ctx        context.Context // ends at SIGINT and SIGTERM
	configPath string
	out, err   io.Writer
	lookup     func(string) (string, bool) // the environment
}

// load reads the settings.
func (s *surroundings) load() (*config.Config, error) { return config.Load(s.configPath) }

// errShown says that the person has been told already.
var errShown = errors.New("already said")

func main() {
	log.SetOutput(io.Discard) // libraries' own log lines may hold what people wrote
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line; the result is the exit code: 0 well, 1 not,
// 2 the command line is wrong.
func execute(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("silta"),
		kong.Description("Anonymous peer mentoring on Matrix."),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, "silta:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "silta: %v\nTry: silta --help\n", err)
		return 2
	}
	if c.Config == "" { // $SILTA_CONFIG is there, and empty
		c.Config = "config.yaml"
	}
	err = parsed.Run(&surroundings{ctx: ctx, configPath: c.Config, out: out, err: errOut, lookup: os.LookupEnv})
	if err == nil {
		return 0
	}
	if !errors.Is(err, errShown) {
		fmt.Fprintln(errOut, explain(err))
	}
	return 1
}

// explain is an error as the operator reads it: config faults stand for
// themselves, anything else says who speaks.
func explain(err error) string {
	var faults *config.Faults
	if errors.As(err, &faults) {
		return faults.Error()
	}
	return "silta: " + err.Error()
}
