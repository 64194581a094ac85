package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/embedded"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/workers"
)

// The exit codes; the package comment says what they promise.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitInterrupted = 130
)

// exitError is an error that knows its exit code and what to do next.
type exitError struct {
	code int
	err  error
	hint string // "" where nobody knows
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usagef is a command line or a setting that cannot be meant.
func usagef(hint, format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...), hint}
}

// problem is an error for programs, on the error output of a command that was given --json.
type problem struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
	Exit  int    `json:"exit"`
}

// report says what went wrong and what to do about it, and returns the exit code.
func (s streams) report(err error) int {
	if err == nil {
		return exitOK
	}
	e := judge(err)
	if *s.machine {
		_ = s.encode(s.err, problem{config.Redact(e.Error()), e.hint, e.code}) // nobody is left to tell
		return e.code
	}
	s.err.Printf("%s %s\n", s.err.Bold(s.err.Red("imagika:")), config.Redact(e.Error()))
	if e.hint != "" {
		s.err.Printf("%s %s\n", s.err.Cyan("→"), e.hint)
	}
	return e.code
}

// judge finds the code and the hint of any error.
func judge(err error) *exitError {
	if e, ok := errors.AsType[*exitError](err); ok {
		return &exitError{e.code, err, e.hint}
	}
	if errors.Is(err, app.ErrNoData) {
		return &exitError{exitRefused, err, "Start imagika run, or set IMAGIKA_DATA to the folder in which it ran."}
	}
	if wrong, ok := errors.AsType[*config.SettingError](err); ok {
		return &exitError{exitUsage, err, settingHint(wrong)}
	}
	if errors.Is(err, keys.ErrUnknownMaster) {
		return &exitError{exitFailed, err, "IMAGIKA_MASTER_KEY, or master.key in the data folder, is not the key that it was made with: put that one back."}
	}
	if _, ok := errors.AsType[*workers.OperatorError](err); ok {
		return &exitError{exitRefused, err, "Nothing was charged. imagika imagine --help shows what can be asked for."}
	}
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, errors.New("interrupted"), ""}
	}
	return &exitError{exitFailed, err, ""}
}

// everySetting is where to look when a value cannot be meant.
const everySetting = ".env.example lists every setting with what it accepts."

// settingHint is empty where the setting says itself what to do.
func settingHint(e *config.SettingError) string {
	if e.Err == nil {
		return ""
	}
	return everySetting
}

// settingError is about a setting that cannot be meant. Where a flag was typed for it, it names that.
func settingError(cmd *cobra.Command, err error) error {
	text, hint := err.Error(), everySetting
	for flag, name := range settingFlags() {
		if f := cmd.Flags().Lookup(flag); f != nil && f.Changed && strings.Contains(text, name+": ") {
			text, hint = strings.ReplaceAll(text, name+": ", "--"+flag+": "), "See "+cmd.CommandPath()+" --help."
		}
	}
	return usagef(hint, "%s", text)
}

// explain finds words for what stops a role from starting.
func explain(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*config.SettingError](err); ok && wrong.Err != nil {
		return settingError(cmd, err)
	}
	setting, _, _ := strings.Cut(err.Error(), ": ")
	name, address, _ := strings.Cut(setting, "=")
	port := address[strings.LastIndexByte(address, ':')+1:]
	var folder *fs.PathError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return usagef(
			fmt.Sprintf("End that program, or choose another port: %s=%s0 takes any that is free.", name, strings.TrimSuffix(address, port)),
			"port %s is taken: another program listens at %s", port, address)
	case errors.Is(err, syscall.EACCES) && strings.HasSuffix(name, "_ADDR"):
		return usagef("Set "+name+" to a port from 1024 on, such as 127.0.0.1:8080.", "may not listen at %s: %w", address, syscall.EACCES)
	case name == "IMAGIKA_DATA" && errors.As(err, &folder):
		return usagef("Give this user a folder, or choose another one: imagika run --data ./data2", "the data folder %s cannot be used: %w", address, folder.Err)
	case errors.Is(err, embedded.ErrLocked):
		return usagef("End that process, or give this one a folder of its own: imagika run --data ./data2", "%w", err)
	}
	return err
}
