package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

// Fault is what goes wrong with a call. The zero value is nothing.
type Fault struct {
	// Class, Billed, Stage and Wait make the call fail with that error. Billed is BilledNo if empty.
	Class  providers.Class
	Billed providers.Billed
	Stage  string
	Wait   time.Duration
	// Hang never answers.
	Hang bool
	// LateBy answers so much later.
	LateBy time.Duration
	// Corrupt, Truncate, HTML and Bomb spoil the file: noise, half a file, an error page that came with 200, and a small
	// file that says it is an image of 400 megapixels.
	Corrupt, Truncate, HTML, Bomb bool
	// Panic panics in Submit.
	Panic bool
}

// vocabulary is what the words of a prompt ask for, when Options.PromptFaults allows it.
var vocabulary = map[string]Fault{
	"#slow":      {LateBy: 8 * time.Second},
	"#late":      {LateBy: 40 * time.Second},
	"#hang":      {Hang: true},
	"#fail":      {Class: providers.Transient},
	"#refuse":    {Class: providers.Rejected, Stage: "input"},
	"#ratelimit": {Class: providers.RateLimited, Wait: 5 * time.Second},
	"#corrupt":   {Corrupt: true},
}

// fault decides what goes wrong with a call.
func (p *Provider) fault(r providers.Request) Fault {
	if p.opts.Faults != nil {
		if f := p.opts.Faults(r); f != nil {
			return *f
		}
	}
	if p.opts.PromptFaults {
		for w := range strings.FieldsSeq(strings.ToLower(r.Prompt)) {
			if f, ok := vocabulary[w]; ok {
				return f
			}
		}
	}
	return Fault{}
}

var errScripted = errors.New("as asked")

// before is what goes wrong instead of an answer.
func (f Fault) before(ctx context.Context) error {
	switch {
	case f.Panic:
		panic(errScripted)
	case f.Hang:
		<-ctx.Done()
		return ctx.Err()
	case f.Class == "":
		return nil
	}
	billed := f.Billed
	if billed == "" {
		billed = providers.BilledNo
	}
	e := &providers.Error{Provider: name, Class: f.Class, Billed: billed, Stage: f.Stage, Wait: f.Wait, Err: errScripted}
	if f.Class == providers.RateLimited {
		e.Scope = providers.ScopeModel
	}
	return e
}

// spoil breaks a good file.
func (f Fault) spoil(file []byte) []byte {
	switch {
	case f.Corrupt:
		return bytes.Repeat([]byte("\x00garbage\xff"), 200)
	case f.Truncate:
		return file[:len(file)/2]
	case f.HTML:
		return []byte("<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>")
	case f.Bomb:
		return bomb()
	}
	return file
}

// The names of what spoils a file, for handles.
const (
	spoilCorrupt  = "corrupt"
	spoilTruncate = "truncate"
	spoilHTML     = "html"
	spoilBomb     = "bomb"
)

func (f Fault) spoiler() string {
	switch {
	case f.Corrupt:
		return spoilCorrupt
	case f.Truncate:
		return spoilTruncate
	case f.HTML:
		return spoilHTML
	case f.Bomb:
		return spoilBomb
	}
	return ""
}

func spoiledBy(s string) Fault {
	return Fault{
		Corrupt: s == spoilCorrupt, Truncate: s == spoilTruncate, HTML: s == spoilHTML, Bomb: s == spoilBomb,
	}
}

// bomb is a valid header of a picture of 20000 by 20000 and no data.
func bomb() []byte {
	header := binary.BigEndian.AppendUint32(nil, 20000)
	header = binary.BigEndian.AppendUint32(header, 20000)
	header = append(header, 8, 2, 0, 0, 0)
	file := append([]byte(pngMagic), chunk("IHDR", header)...)
	return append(file, chunk("IEND", nil)...)
}

// pause waits for d or for the context.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func slogErr(err error) slog.Attr { return slog.Any("error", err) }
