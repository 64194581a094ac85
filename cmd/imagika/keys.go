package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
)

// keysCommand is for the keys that people's keys are wrapped by.
func keysCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "keys", Short: "Look at the master keys, and change them", Args: noArguments,
		Long: `Keys is about IMAGIKA_MASTER_KEY, which wraps the key of each person. To change it:

1. Put a new key behind the old one, with a comma between, for every role, and restart them all: from then on everybody can unwrap what it will wrap.
2. Put it in front, and restart them all: from then on the new one wraps and both unwrap.
3. imagika admin keys rotate: everything is wrapped by the new one. The service goes on meanwhile.
4. imagika admin keys status says that the old one wraps nothing any more. Take it out of the setting, restart, and destroy it.

A backup of the key store from before can only be read with the old key: keep it until that backup is gone.`,
	}
	c.AddCommand(keysStatusCommand(s), keysRotateCommand(s))
	return c
}

// masterRow is a master key, by its id.
type masterRow struct {
	ID    string           `json:"id"`
	State keys.MasterState `json:"state"`
	Wraps int64            `json:"wraps"`
	Since time.Time        `json:"since,omitzero"`
}

func keysStatusCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say which master key wraps how much, and since when", Args: noArguments,
		Long: `Status lists the master keys of IMAGIKA_MASTER_KEY by an id that tells nothing about them. One that "wraps" is in use; one that "unwraps" is still needed until imagika admin keys rotate; one that is "idle" can be taken out of the setting; one that is "missing" wrapped something and was not given: what it wrapped cannot be read.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				all, err := st.Masters(ctx)
				list := []masterRow{}
				rows := [][]string{{"MASTER KEY", "STATE", "WRAPS", "SINCE"}}
				for _, m := range all {
					r := masterRow{m.ID, m.State(), m.Wraps, m.Since}
					list = append(list, r)
					rows = append(rows, []string{r.ID, string(r.State), number(r.Wraps), dayOr(r.Since, "-")})
				}
				return s.show(list, err, func() error { return columns(s.out, rows) })
			})
		},
	}
}

func keysRotateCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "rotate", Short: "Wrap everybody's key by the first master key of the settings", Args: noArguments,
		Long: `Rotate wraps again, by the first key of IMAGIKA_MASTER_KEY, whatever an older one wrapped. It may run while the service does, be interrupted, and run again. See imagika admin keys --help for what comes before and after it.`,
	}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
			n, err := st.Rewrap(ctx, storage.Act{By: by, What: "keys rotate", Object: "master keys"})
			if err != nil {
				return err
			}
			all, err := st.Masters(ctx)
			var idle []string
			for _, m := range all {
				if m.State() == keys.MasterIdle {
					idle = append(idle, m.ID)
				}
			}
			text := "No key of the settings can go yet."
			if len(idle) > 0 {
				text = "No longer needed, once every role has been restarted: " + strings.Join(idle, ", ") + "."
			}
			return s.done(map[string]any{"rewrapped": n, "idle": idle}, err, "%d keys are wrapped anew. %s", n, text)
		})
	}})
}
