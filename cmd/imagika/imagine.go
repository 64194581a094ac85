package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// imagineCommand paints once, from the terminal, through the same pipeline as a chat.
func imagineCommand() *cobra.Command {
	var out, account string
	c := &cobra.Command{
		Use: "imagine PROMPT", Short: "Paint a prompt and write the image to a file",
		Long: `Imagine paints a prompt through the same pipeline as a chat and writes what comes of it to a file.

It uses the running process of the data folder, or the deployment that the settings name; otherwise it starts what it
needs and stops it again. The operator's account pays; a failure costs nothing.

The prompt takes the flags people can type: --n 4, --ar 16:9, --seed 42. Put the whole prompt in quotes.`,
		Example: `  imagika imagine "a red fox under a full moon" -o fox.png
  imagika imagine "sunset over the sea --ar 16:9 --n 2" -o sea.png`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return imagine(cmd, strings.Join(args, " "), out, account)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "imagika.png", "file to write; further images get -2, -3 … before the extension")
	c.Flags().StringVar(&account, "account", "operator", "name of the operator account that pays")
	c.Flags().String("data", "", "data folder of the process to use (IMAGIKA_DATA)")
	return c
}

func imagine(cmd *cobra.Command, words, out, account string) error {
	if err := writable(out); err != nil {
		return err
	}
	cfg, log, err := load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return app.WithPainter(cmd.Context(), cfg, log, func(ctx context.Context, p app.Painter) error {
		v, err := p.Ask(ctx, account, rand.Text(), words)
		if err != nil {
			return err
		}
		if v, err = watch(ctx, p, account, v, newProgress(cmd.ErrOrStderr())); err != nil {
			return err
		}
		return save(ctx, p, account, v, out, cmd.OutOrStdout())
	})
}

// writable refuses a place that cannot be written to before anything is painted.
func writable(out string) error {
	info, err := os.Stat(filepath.Dir(out))
	if err != nil {
		return fmt.Errorf("-o %s: %w", out, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("-o %s: %s is not a folder", out, filepath.Dir(out))
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return fmt.Errorf("-o %s: is a folder, want a file", out)
	}
	return nil
}

// watch looks until the images are there.
func watch(ctx context.Context, p app.Painter, account string, v workers.View, show *progress) (workers.View, error) {
	defer show.end()
	for {
		show.view(v)
		switch v.Status {
		case storage.StatusHeld, storage.StatusGenerating:
		case storage.StatusStored, storage.StatusDelivered:
			return v, nil
		default:
			return v, fmt.Errorf("%s (%s); nothing was charged", v.Status, cmp.Or(string(v.Reason), "no reason given"))
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return v, ctx.Err()
		}
		var err error
		if v, err = p.Look(ctx, account, v.ID); err != nil {
			return v, err
		}
	}
}

// save writes each image beside its final name first, so that a file is whole or not there.
func save(ctx context.Context, p app.Painter, account string, v workers.View, out string, w io.Writer) error {
	for n, i := range v.Images {
		name := numbered(out, n)
		if err := saveOne(ctx, p, account, v.ID, n, name); err != nil {
			return err
		}
		note := ""
		if i.Note != "" {
			note = ", drawn by the built-in painter, not an AI model"
		}
		if _, err := fmt.Fprintf(w, "%s: %d×%d, seed %d%s\n", name, i.Width, i.Height, v.Seed+int64(n), note); err != nil {
			return err
		}
	}
	return nil
}

func saveOne(ctx context.Context, p app.Painter, account, id string, n int, name string) error {
	body, err := p.Fetch(ctx, account, id, n)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.CreateTemp(filepath.Dir(name), ".imagika-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func numbered(out string, n int) string {
	if n == 0 {
		return out
	}
	ext := filepath.Ext(out)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(out, ext), n+1, ext)
}

// progress shows where a generation stands: a bar on a terminal, plain lines elsewhere.
type progress struct {
	w    io.Writer
	bar  bool
	last string
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, bar: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *progress) view(v workers.View) {
	text, share := "in line", 0.0
	switch v.Status {
	case storage.StatusHeld:
		if v.Position > 1 {
			text = fmt.Sprintf("in line, number %d", v.Position)
		}
	case storage.StatusGenerating:
		text = "painting"
		share = min(0.95, float64(v.Spent)/float64(max(v.P90, time.Second)))
	case storage.StatusStored, storage.StatusDelivered:
		text, share = "done", 1
	default:
		text = string(v.Status)
	}
	if !p.bar {
		if text != p.last {
			fmt.Fprintln(p.w, text)
		}
		p.last = text
		return
	}
	const width = 30
	full := int(share * width)
	fmt.Fprintf(p.w, "\r\x1b[K%s%s %3.0f%%  %s", strings.Repeat("█", full), strings.Repeat("░", width-full), share*100, text)
}

func (p *progress) end() {
	if p.bar {
		fmt.Fprintln(p.w)
	}
}
