package site

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const attempt = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

func TestHook(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc, method, path, body string
		fails                    error
		status                   int
		called                   []string
	}{
		{"callback", "POST", "/hooks/fake_2-b/" + attempt, `{"status":"succeeded"}`, nil, 204, []string{"fake_2-b", attempt}},
		{"signed", "POST", "/hooks/fake/" + attempt + "?sig=0f", "{}", nil, 204, []string{"fake", attempt}},
		{"forged", "POST", "/hooks/fake/" + attempt + "?sig=00", "{}", ErrForged, 403, []string{"fake", attempt}},
		{"empty body", "POST", "/hooks/fake/" + attempt, "", nil, 204, []string{"fake", attempt}},
		{"largest body", "POST", "/hooks/fake/" + attempt, strings.Repeat("x", 1<<20), nil, 204, []string{"fake", attempt}},
		{"body too large", "POST", "/hooks/fake/" + attempt, strings.Repeat("x", 1<<20+1), nil, 413, nil},
		{"queue is away", "POST", "/hooks/fake/" + attempt, "", errors.New("connection refused"), 503, []string{"fake", attempt}},
		{"read", "GET", "/hooks/fake/" + attempt, "", nil, 405, nil},
		{"head", "HEAD", "/hooks/fake/" + attempt, "", nil, 405, nil},
		{"put", "PUT", "/hooks/fake/" + attempt, "", nil, 405, nil},
		{"no attempt", "POST", "/hooks/fake", "", nil, 404, nil},
		{"empty attempt", "POST", "/hooks/fake/", "", nil, 404, nil},
		{"something below", "POST", "/hooks/fake/" + attempt + "/x", "", nil, 404, nil},
		{"provider in upper case", "POST", "/hooks/Fake/" + attempt, "", nil, 400, nil},
		{"provider with a dot", "POST", "/hooks/fa.ke/" + attempt, "", nil, 400, nil},
		{"provider with a line break", "POST", "/hooks/fake%0a/" + attempt, "", nil, 400, nil},
		{"provider too long", "POST", "/hooks/" + strings.Repeat("a", 33) + "/" + attempt, "", nil, 400, nil},
		{"provider with a slash", "POST", "/hooks/a%2Fb/" + attempt, "", nil, 400, nil},
		{"attempt too short", "POST", "/hooks/fake/" + attempt[1:], "", nil, 400, nil},
		{"attempt too long", "POST", "/hooks/fake/" + attempt + "A", "", nil, 400, nil},
		{"attempt in lower case", "POST", "/hooks/fake/" + strings.ToLower(attempt), "", nil, 400, nil},
		{"attempt with a letter Crockford left out", "POST", "/hooks/fake/" + attempt[:25] + "U", "", nil, 400, nil},
		{"attempt beyond the last", "POST", "/hooks/fake/8" + attempt[1:], "", nil, 400, nil},
		{"attempt with a line break", "POST", "/hooks/fake/" + attempt[:25] + "%0a", "", nil, 400, nil},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			var called []string
			h := newSite(t, Options{Hook: func(_ context.Context, c Callback) error {
				called = []string{c.Provider, c.Attempt}
				if _, sig, _ := strings.Cut(tt.path, "?sig="); c.Signature != sig || string(c.Body) != tt.body {
					t.Errorf("told of signature %q and %d bytes", c.Signature, len(c.Body))
				}
				return tt.fails
			}})
			res := ask(t, h, tt.method, tt.path, tt.body)
			if res.StatusCode != tt.status {
				t.Errorf("%s %s = %d, want %d", tt.method, tt.path, res.StatusCode, tt.status)
			}
			if diff := cmp.Diff(tt.called, called); diff != "" {
				t.Errorf("the hook was told (-want +got):\n%s", diff)
			}
			if again := res.Header.Get("Retry-After"); (again != "") != (tt.status == 503) {
				t.Errorf("Retry-After = %q with %d", again, tt.status)
			}
		})
	}
}

// TestHookOverTheWire is a callback by a real connection, with an unknown length and deadlines that hold.
func TestHookOverTheWire(t *testing.T) {
	t.Parallel()
	var deadline bool
	srv := httptest.NewServer(newSite(t, Options{Hook: func(ctx context.Context, _ Callback) error {
		_, deadline = ctx.Deadline()
		return nil
	}}))
	defer srv.Close()
	body := struct{ *strings.Reader }{strings.NewReader(`{"status":"succeeded"}`)} // no length: sent in chunks
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/hooks/fake/"+attempt, body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent || !deadline {
		t.Errorf("callback = %d, hook with a deadline: %t", res.StatusCode, deadline)
	}
}
