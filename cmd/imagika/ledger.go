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
	"github.com/imagika/imagika/workers"
)

// ledgerCommand is for the books.
func ledgerCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "ledger", Short: "Check the books", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(ledgerVerifyCommand(s), ledgerCheckCommand(s))
	return c
}

// errBooks says that an invariant is broken.
var errBooks = errors.New("the books do not agree")

func ledgerVerifyCommand(s streams) *cobra.Command {
	var pictures bool
	c := &cobra.Command{
		Use: "verify", Short: "Prove that the ledger and the generations agree", Args: noArguments,
		Long: `Verify signs a checkpoint over what is new in the ledger, then reads the whole database and checks what must always hold: that everything comes to zero and no balance is below it, that each generation is settled and each payment granted exactly once, that what was paid for is there, and that nothing was changed by hand since its checkpoint. It may run beside everything else, and the service does the same every night.

It ends with 1 if something is wrong, after a line for each row that shows it. The signature of the newest checkpoint is worth keeping elsewhere: the chain must contain it for ever.`,
		Example: `  imagika admin ledger verify
  imagika admin ledger verify --pictures
  imagika admin ledger verify --json | jq .violations`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			if pictures && cfg.S3Endpoint == "" {
				return usagef("Set IMAGIKA_S3_ENDPOINT, or leave --pictures out.", "--pictures: the bucket is in the process that embeds it, which compares it by itself")
			}
			v := verified{}
			if v.Books, err = app.Audit(cmd.Context(), cfg, log); err != nil {
				return err
			}
			if pictures {
				p, err := app.ComparePictures(cmd.Context(), cfg, log)
				if err != nil {
					return err
				}
				v.Pictures = &p
			}
			return s.verified(v)
		},
	}
	c.Flags().BoolVar(&pictures, "pictures", false, "also compare the pictures with the bucket, which reads its whole list; a worker does it every week")
	return c
}

// verified is what was looked at.
type verified struct {
	storage.Books
	Pictures *workers.PicturesView `json:"bucket,omitempty"` // nil where nobody asked
}

// verified prints it, and ends with an error if something is wrong. Objects that no row names are not: they are removed.
func (s streams) verified(v verified) error {
	if err := s.show(v, nil, func() error {
		if err := s.books(v.Books); err != nil || v.Pictures == nil {
			return err
		}
		return s.pictures(*v.Pictures)
	}); err != nil {
		return err
	}
	switch {
	case len(v.Violations) > 0:
		return &exitError{exitFailed, errBooks, "Keep a copy of the database as it is now before anything repairs it."}
	case v.Pictures != nil && len(v.Pictures.Missing) > 0:
		return &exitError{exitFailed, errPictures, "Restore them from a backup of the bucket: the keys are those of before."}
	}
	return nil
}

// errPictures says that pictures are not in the bucket.
var errPictures = errors.New("pictures are not in the bucket")

func (s streams) pictures(v workers.PicturesView) error {
	const most = 10
	s.out.Printf("pictures: %d, and %d objects in the bucket\n", v.Pictures, v.Objects)
	for i, key := range v.Missing {
		if i == most {
			s.out.Printf("missing: %d more\n", len(v.Missing)-most)
			break
		}
		s.out.Printf("missing: %s\n", key)
	}
	if len(v.Unknown) > 0 {
		s.out.Printf("without a row: %d objects, which a worker removes within a week\n", len(v.Unknown))
	}
	return nil
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
