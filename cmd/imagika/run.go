package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/term"
)

const (
	botLong = `Bot takes updates from Telegram, by polling or as a webhook, and enqueues them. It reaches no model, no database and no image, so it can stand at the edge.

It embeds nothing: Redis, the queue's key and the bot's token must be set.`
	workerLong = `Worker does the work on the queues: it reserves, paints, delivers, and repairs what was left behind. Any number may run, each with any pools.

It embeds nothing: Redis, both databases, S3, the keys and the bot's token must be set.`
	webLong = `Web serves the website, and takes the callbacks of providers.

It embeds nothing and needs what a worker needs.`
)

// runCommand is every role at once.
func runCommand(s streams) *cobra.Command {
	c := roleCommand(s, config.RoleRun, "Run everything in one process, embedding what is not set",
		`Run starts the bot, the workers and the website in one process. What is not set is embedded: Redis in memory, SQLite and S3 in the data folder, and, without a token, a stand-in for Telegram in the browser.

It says what is embedded, what is real and where to look. Ctrl-C ends it in good order: pictures under way are finished. A second Ctrl-C ends it at once; then they are taken up by the next run.`)
	c.Example = `  imagika run
  imagika run --data /srv/imagika
  IMAGIKA_WEB_ADDR=127.0.0.1:8081 imagika run`
	c.GroupID, c.SuggestFor = groupUse, []string{"start", "serve", "server", "up", "all"}
	c.Flags().String("data", "", "`FOLDER` of the embedded servers and keys (IMAGIKA_DATA)")
	_ = c.MarkFlagDirname("data")
	return c
}

// roleCommand runs a role until it is told to stop.
func roleCommand(s streams, role config.Role, short, long string) *cobra.Command {
	c := &cobra.Command{
		Use: string(role), Short: short, Long: long, GroupID: groupRoles, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, role)
			if err != nil {
				return err
			}
			return s.serve(cmd, cfg, log)
		},
	}
	if role == config.RoleWorker {
		c.Example = `  imagika worker --pools interactive=32,generate=64
  imagika worker --pools maintenance=8 --queues maintenance=0,bulk=1`
	}
	if role == config.RoleRun || role == config.RoleWorker {
		c.Flags().String("pools", "", "pools and their slots, such as interactive=32,generate=64 (IMAGIKA_POOLS)")
		c.Flags().String("queues", "", "weights of queues within their pool, such as maintenance=4,bulk=1 (IMAGIKA_QUEUES)")
	}
	return c
}

// serve runs the program and, once it is told to stop, shows how that goes. A stop that was asked for is no error.
func (s streams) serve(cmd *cobra.Command, cfg config.Config, log *slog.Logger) error {
	ctx := cmd.Context()
	var watch sync.WaitGroup
	ended := make(chan struct{})
	err := app.Run(ctx, app.Options{Config: cfg, Log: log, Out: s.out, Started: func(a *app.App) {
		watch.Go(func() { stopping(ctx, ended, s.err, log, a.Painting) })
	}})
	close(ended)
	watch.Wait()
	if ctx.Err() == nil {
		return explain(cmd, err)
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	if err == nil && s.err.Live {
		s.err.Printf("%s Stopped in good order.\n", s.err.Green("✓"))
	}
	return err
}

// stopping shows what is still being finished, from the end of ctx until ended is closed.
func stopping(ctx context.Context, ended <-chan struct{}, t *term.Terminal, log *slog.Logger, painting func() int) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	n := painting()
	if !t.Live {
		log.InfoContext(ctx, "stopping", "painting", n)
		return
	}
	p := t.NewProgress()
	defer p.End()
	turn := time.NewTicker(spin)
	defer turn.Stop()
	for i := 1; ; i++ {
		text := "stopping"
		if n > 0 {
			text = "finishing " + term.Count(n, "picture")
		}
		p.Show(text+"…", t.Dim(" press Ctrl-C again to stop now"))
		select {
		case <-ended:
			return
		case <-turn.C:
		}
		if n > 0 && i%5 == 0 { // asking costs something, and none are added
			n = painting()
		}
	}
}

// spin is how fast the spinner turns.
const spin = 100 * time.Millisecond
