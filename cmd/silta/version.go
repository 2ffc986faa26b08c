package main

import (
	"fmt"
	"runtime/debug"
)

// version is set by the linker (make build); empty when built otherwise.
var version string

// programVersion is the version as people see it: the release, or the commit
// that Go noted in the binary.
func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "dev-" + s.Value[:12]
		}
	}
	return "dev"
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s *surroundings) error {
	_, err := fmt.Fprintln(s.out, "silta", programVersion())
	return err
}
