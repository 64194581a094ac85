package a1111

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/imagika/imagika/providers"
)

// progress of whoever is being painted for.
type progress struct {
	Task     string  `json:"current_task"`
	Fraction float64 `json:"progress"`
	Picture  string  `json:"current_image"`
}

// watch asks the server how a call is doing until stop, and tells. The server says how it is doing with whatever it paints,
// which may be somebody else's: what does not carry the id of the call is passed over, picture and all. A server too old to
// say whose it is, or a question that fails, tells nothing.
func (p *Provider) watch(ctx context.Context, r providers.Request) (stop func()) {
	if r.Watch == nil || r.Operation == providers.Upscale { // which has no id
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() {
		tick := time.NewTicker(p.pace)
		defer tick.Stop()
		for far := 0.0; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if now, ok := p.look(ctx, r.AttemptID); ok {
				far = max(far, min(now.Fraction, 1))
				now.Fraction = far
				r.Watch(now)
			}
		}
	})
	return func() {
		cancel()
		asking.Wait()
	}
}

// look asks once.
func (p *Provider) look(ctx context.Context, task string) (providers.Progress, bool) {
	reply, err := p.client.Ask(ctx, http.MethodGet, "sdapi/v1/progress", nil)
	if err != nil {
		return providers.Progress{}, false
	}
	defer reply.Close()
	var said progress
	if !reply.OK() || reply.JSON(&said) != nil || said.Task != task {
		return providers.Progress{}, false
	}
	now := providers.Progress{Started: true, Fraction: said.Fraction}
	if said.Picture == "" {
		return now, true
	}
	file, err := io.ReadAll(io.LimitReader(reply.Image(said.Picture), providers.MaxPreview+1))
	shown := slices.Contains([]string{"image/png", "image/jpeg", "image/webp"}, http.DetectContentType(file))
	if err == nil && shown && len(file) <= providers.MaxPreview {
		now.Preview = file
	}
	return now, true
}
