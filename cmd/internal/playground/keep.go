package playground

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// settle is how long after a change the snapshot is written; what follows within it is
// written along.
const settle = time.Second

// load restores the snapshot; a missing file is an empty playground.
func load(tg *telegramtest.Server, path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("playground: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	if err := tg.Load(bufio.NewReader(f)); err != nil {
		return fmt.Errorf("playground: snapshot %s: %w", path, err)
	}
	return nil
}

// keeper writes the snapshot after changes and once more at the end.
type keeper struct {
	tg     *telegramtest.Server
	path   string
	roster *signal
	log    *slog.Logger
	ctx    context.Context // ends with close
	cancel context.CancelFunc
	bg     sync.WaitGroup
	once   sync.Once
	err    error
}

func keep(tg *telegramtest.Server, path string, roster *signal, log *slog.Logger) *keeper {
	k := &keeper{tg: tg, path: path, roster: roster, log: log}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	if path != "" {
		events, joined := tg.Subscribe(k.ctx, tg.Seq()), roster.wait()
		k.bg.Go(func() { k.run(events, joined) })
	}
	return k
}

// run saves a moment after the first change since the last save. A snapshot holds every
// picture, so the moment grows with what a save takes: at most a twentieth of the time
// is spent on saving.
func (k *keeper) run(events <-chan telegramtest.Event, joined <-chan struct{}) {
	due := time.NewTimer(settle)
	due.Stop()
	dirty, pause := false, settle
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
		case <-joined:
			joined = k.roster.wait()
		case <-due.C:
			began := time.Now()
			k.saveOrLog()
			dirty, pause = false, max(settle, 20*time.Since(began))
			continue
		case <-k.ctx.Done():
			return
		}
		if !dirty {
			dirty = true
			due.Reset(pause)
		}
	}
}

func (k *keeper) saveOrLog() {
	if err := k.save(); err != nil {
		k.log.Error("playground snapshot not saved", "error", err)
	}
}

// save replaces the file as a whole: a crash leaves the old one or the new one.
func (k *keeper) save() error {
	tmp, err := os.CreateTemp(filepath.Dir(k.path), ".playground-*")
	if err != nil {
		return fmt.Errorf("playground: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone after the rename
	buf := bufio.NewWriter(tmp)
	err = errors.Join(k.tg.Save(buf), buf.Flush(), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), k.path)
	}
	if err != nil {
		return fmt.Errorf("playground: save: %w", err)
	}
	return nil
}

// close saves for the last time; calling it again gives the same answer.
func (k *keeper) close() error {
	k.once.Do(func() {
		k.cancel()
		k.bg.Wait()
		if k.path != "" {
			k.err = k.save()
		}
	})
	return k.err
}
