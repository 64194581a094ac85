package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which version this is", GroupID: groupCare, Args: noArguments,
		Long: "Version says which version this is, from which commit and with which Go it was built, and for which machine.",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, version())
			return err
		},
	}
}

// version is what the build wrote into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "imagika, built without module information"
	}
	return describe(info)
}

func describe(info *debug.BuildInfo) string {
	number, commit, changed := info.Main.Version, "", ""
	if number == "" || number == "(devel)" {
		number = "devel"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = ", commit " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return fmt.Sprintf("imagika %s (%s/%s, %s%s%s)", number, runtime.GOOS, runtime.GOARCH, info.GoVersion, commit, changed)
}
