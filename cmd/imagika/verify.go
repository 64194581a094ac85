package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/ops/grafana"
	"github.com/imagika/imagika/storage"
)

// keepCopy is what to do before anything else.
const keepCopy = "Keep a copy of the database as it is now before anything repairs it."

func verifyCommand(s streams) *cobra.Command {
	var p app.Proving
	c := &cobra.Command{
		Use: "verify", Short: "Hold everything that must be true against the database, and change nothing", Args: noArguments,
		Long: `Verify asks the database for rows that contradict what must be true of it: of the books, of payments, of what people asked for and what it cost, of what came in and went out, of conversations, of who was erased and of what is whose. Some of that holds at every commit; the rest says that what is under way comes to an end in time, and is marked late. It changes nothing, and may run beside everything else. The service asks the same of what is new every hour, and of everything every night.

With --pictures it also holds the bucket against the database: that every picture is there and has its size, that a hundred of them, picked by chance, are what was stored, and that nothing is there of who was erased. With --bytes it reads all of them. With --stars it holds Telegram's list of Star transactions against the payments, both ways, as far as the list says: who, when, how much; imagika admin payments reconcile sets right what can be.

With --json it prints {"at", "engine", "scope", "checks"}. Each check is {"invariant", "ref", "group", "late", "examined", "broken", "rows", "runbook"}: its number in the list of promises, how many rows were gone through (0 where they are not counted), how many contradict it, ids of ten of those at most and never what they say, and the part of the runbook that says what to do.

It ends with 0 if everything holds, and with 1 otherwise.`,
		Example: `  imagika admin verify
  imagika admin verify --pictures --stars
  imagika admin verify --json | jq '.checks[] | select(.broken > 0)'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			p.Pictures = p.Pictures || p.Bytes
			switch {
			case p.Pictures && cfg.S3Endpoint == "":
				return usagef("Set IMAGIKA_S3_ENDPOINT, or leave --pictures out.", "--pictures: the bucket is in the process that embeds it, which compares it by itself")
			case p.Stars && !cfg.TelegramToken.IsSet():
				return usagef("Set IMAGIKA_TELEGRAM_TOKEN, or leave --stars out.", "--stars: there is no bot to ask")
			}
			v, err := app.Prove(cmd.Context(), cfg, log, p)
			if err != nil {
				return schemaError(err)
			}
			if err := s.show(v, nil, func() error { return s.verdict(v) }); err != nil {
				return err
			}
			if n := len(v.Broken()); n > 0 {
				return &exitError{exitFailed, fmt.Errorf("%d of %d promises do not hold", n, len(v.Checks)), keepCopy}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&p.Pictures, "pictures", false, "also hold the bucket against the database, which reads its whole list and a hundred pictures")
	c.Flags().BoolVar(&p.Bytes, "bytes", false, "also read every picture in the bucket")
	c.Flags().BoolVar(&p.Stars, "stars", false, "also hold Telegram's list of Star transactions against the payments")
	return c
}

// verdict prints a row for each group, then what is broken.
func (s streams) verdict(v storage.Verdict) error {
	rows := [][]string{{"ABOUT", "CHECKS", "ROWS", "BROKEN", "LATE"}}
	for _, g := range storage.Groups() {
		var checks, examined, broken, late int64
		for _, c := range v.Checks {
			switch {
			case c.Group != g:
				continue
			case c.Late:
				late += c.Broken
			default:
				broken += c.Broken
			}
			checks, examined = checks+1, max(examined, c.Examined)
		}
		if checks > 0 {
			rows = append(rows, []string{string(g), number(checks), number(examined), number(broken), number(late)})
		}
	}
	if err := columns(s.out, rows); err != nil {
		return err
	}
	all := v.Broken()
	slices.SortStableFunc(all, func(a, b storage.Check) int { return cmp.Compare(a.Group, b.Group) })
	for _, c := range all {
		what := "broken"
		if c.Late {
			what = "late"
		}
		s.out.Printf("%s: %s (%s): %d: %s\n  %s\n", what, c.Invariant, c.Ref, c.Broken, strings.Join(c.Rows, " "), grafana.Pages+c.Runbook)
	}
	if len(all) == 0 {
		s.out.Printf("every invariant holds\n")
	}
	return nil
}

// schemaError says what to do about a database of another release.
func schemaError(err error) error {
	if errors.Is(err, storage.ErrSchema) {
		return &exitError{exitFailed, err, "Run imagika migrate, or this command of the release that the database is of."}
	}
	return err
}
