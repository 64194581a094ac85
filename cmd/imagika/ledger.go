package main

import (
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
)

// ledgerCommand is for the books.
func ledgerCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "ledger", Short: "Check the books", Args: noArguments,
	}
	c.AddCommand(ledgerVerifyCommand(s), ledgerCheckCommand(s))
	return c
}

// errBooks says that an invariant is broken.
var errBooks = errors.New("the books do not agree")

func ledgerVerifyCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Prove that the ledger and the generations agree", Args: noArguments,
		Long: `Verify signs a checkpoint over what is new in the ledger, then reads the whole database and checks what must always hold: that everything comes to zero and no balance is below it, that each generation is settled and each payment granted exactly once, that what was paid for is there, and that nothing was changed by hand since its checkpoint. It may run beside everything else, and the service does the same every night.

It ends with 1 if something is wrong, after a line for each row that shows it. The signature of the newest checkpoint is worth keeping elsewhere: the chain must contain it for ever. To look at all of it and at what should have come to an end, and to change nothing, not even by a signature, there is imagika admin verify.`,
		Example: `  imagika admin ledger verify
  imagika admin ledger verify --json | jq .violations`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			found, err := app.Audit(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			return s.verified(found)
		},
	}
}

// verified prints it, and ends with an error if something is wrong.
func (s streams) verified(found storage.Books) error {
	if err := s.show(found, nil, func() error { return s.books(found) }); err != nil || len(found.Violations) == 0 {
		return err
	}
	return &exitError{exitFailed, errBooks, keepCopy}
}

// books prints figures, then what is wrong.
func (s streams) books(b storage.Books) error {
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	rows := [][]string{{"people", n(b.People)}, {"credits", n(b.Posted)}, {"held", n(b.Held)}}
	for _, l := range b.Lots {
		rows = append(rows, []string{"left of " + l.Name, n(l.Credits)})
	}
	for _, h := range b.House {
		rows = append(rows, []string{"house: " + h.Name, n(h.Credits)})
	}
	c := b.Checkpoint
	rows = append(rows, []string{"transfers", n(b.Transfers)}, []string{"closed transfers", n(b.Closed)}, []string{"checkpoints", n(c.N)}, []string{"covered until", c.Until.UTC().Format(time.RFC3339)},
		[]string{"signature", hex.EncodeToString(c.Signature)})
	if err := columns(s.out, rows); err != nil {
		return err
	}
	for _, v := range b.Violations {
		s.out.Printf("broken: %s: %s\n", v.Invariant, v.Row)
	}
	if len(b.Violations) == 0 {
		s.out.Printf("every invariant holds\n")
	}
	return nil
}
