package a1111

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/a1111/a1111test"
	"github.com/imagika/imagika/providers/providertest"
)

// TestWatched follows a call. What the server says of somebody else's is not told: it may show their picture.
func TestWatched(t *testing.T) {
	t.Parallel()
	picture := providertest.PNG(providers.Size{Width: 8, Height: 8}, 3)
	text := base64.StdEncoding.EncodeToString(picture)
	tests := map[string]struct {
		fault   a1111test.Fault
		told    int
		preview []byte
	}{
		"a call":              {a1111test.Fault{Looks: 4, Preview: text}, 4, picture},
		"nothing to see":      {a1111test.Fault{Looks: 2}, 2, nil},
		"somebody else's":     {a1111test.Fault{Looks: 4, Preview: text, Task: "another"}, 0, nil},
		"a preview of words":  {a1111test.Fault{Looks: 2, Preview: base64.StdEncoding.EncodeToString([]byte("a fox"))}, 2, nil},
		"a preview too large": {a1111test.Fault{Looks: 2, Preview: base64.StdEncoding.EncodeToString(append(picture, make([]byte, providers.MaxPreview)...))}, 2, nil},
	}
	for desc, tt := range tests {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			p.pace = time.Millisecond
			s.Fault(tt.fault)
			var w providertest.Watched
			r := ask(providers.Generate)
			r.Watch = w.Tell
			if _, err := p.Submit(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			told := w.Over(t)
			providertest.CheckTold(t, told)
			if len(told) < min(tt.told, 1) || len(told) > tt.told { // the last look may be answered when the call is over
				t.Errorf("told %d times, want %d", len(told), tt.told)
			}
			for _, one := range told {
				if !one.Started || !bytes.Equal(one.Preview, tt.preview) {
					t.Errorf("told %+v", one)
				}
			}
		})
	}
}

// TestWatchedInVain: questions that fail change nothing about the call.
func TestWatchedInVain(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	p.pace = time.Millisecond
	s.Fault(a1111test.Fault{Hang: true})
	var w providertest.Watched
	r := ask(providers.Generate)
	r.Watch = w.Tell
	providertest.CheckHang(s.UntilCalled(), t, p, r)
	if told := w.Over(t); len(told) > 0 {
		t.Errorf("told %+v", told)
	}
}
