package keys_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
)

// What keeps somebody from a Postgres is one sentence, without a password.
func TestReachSaysWhy(t *testing.T) {
	t.Parallel()
	good := storagetest.PostgresURL(t)
	changed := func(change func(u *url.URL)) string {
		u, err := url.Parse(good)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for _, tt := range []struct{ desc, address, want string }{
		{"nobody listens", "postgres://u:hidden@127.0.0.1:1/x", "no postgres answers at 127.0.0.1:1: connection refused"},
		{"no such host", "postgres://u:hidden@nosuch.invalid/x", "there is no host nosuch.invalid"},
		{"a wrong password", changed(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "hidden") }), "refuses: password authentication failed for user"},
		{"no such database", changed(func(u *url.URL) { u.Path = "/nosuch" }), `refuses: database "nosuch" does not exist`},
		{"no TLS there", changed(func(u *url.URL) { u.RawQuery = "sslmode=require" }), "refused TLS"},
		{"a wrong parameter", "postgres://u:hidden@127.0.0.1:1/x?sslmode=perhaps", "look at what stands behind its question mark"},
	} {
		_, err := keys.Open(t.Context(), keys.Config{URL: tt.address, Master: master(t, 1)})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n\t") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v, want %q", tt.desc, err, tt.want)
		}
		if tt.desc != "a wrong parameter" && !storage.IsUnavailable(err) && !strings.Contains(tt.want, "refuse") {
			t.Errorf("%s: not taken for a server that is away: %v", tt.desc, err)
		}
	}
	if _, err := keys.Begun(t.Context(), good, nil); err != nil {
		t.Errorf("an empty database: %v", err)
	}
}

// A Postgres that takes a connection and says nothing is spoken of, and is not waited for beyond the end of the caller.
func TestReachIsNotSilent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	said := &saying{end: cancel}
	_, err = keys.Begun(ctx, "postgres://u:hidden@"+l.Addr().String()+"/x", slog.New(slog.NewTextHandler(said, nil)))
	if text := said.String(); !errors.Is(err, context.Canceled) || !strings.Contains(text, `msg="waiting for postgres" address=`+l.Addr().String()) {
		t.Errorf("%v, said %q", err, text)
	}
}

// saying ends the wait as soon as it is spoken of.
type saying struct {
	bytes.Buffer
	end context.CancelFunc
}

func (s *saying) Write(p []byte) (int, error) {
	defer s.end()
	return s.Buffer.Write(p)
}
