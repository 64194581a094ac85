package throttle

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	proxied := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range []struct {
		desc, peer string
		forwarded  []string
		proxies    []netip.Prefix
		want       string
	}{
		{"from afar", "203.0.113.7:1", nil, nil, "203.0.113.7/32"},
		{"from afar, and lies", "203.0.113.7:1", []string{"198.51.100.1"}, proxied, "203.0.113.7/32"},
		{"a network", "[2001:db8:1:2:3:4:5:6]:1", nil, nil, "2001:db8:1:2::/64"},
		{"mapped", "[::ffff:203.0.113.7]:1", nil, nil, "203.0.113.7/32"},
		{"through a proxy", "10.0.0.1:1", []string{"198.51.100.1"}, proxied, "198.51.100.1/32"},
		{"through a proxy, and lies", "10.0.0.1:1", []string{"192.0.2.1, 198.51.100.1"}, proxied, "198.51.100.1/32"},
		{"a proxy that says nothing", "10.0.0.1:1", nil, proxied, ""},
		{"a proxy that is not believed", "10.0.0.1:1", []string{"198.51.100.1"}, nil, ""},
		{"this machine", "[::1]:1", nil, nil, ""},
		{"nowhere", "pipe", nil, nil, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = tt.peer, tt.forwarded
		if got := Address(r, tt.proxies); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.desc, got, tt.want)
		}
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	th, now := New(time.Second, 3), time.Now()
	for i, want := range []time.Duration{0, 0, 0, time.Second, time.Second} {
		if got := th.Take("ann", now); got != want {
			t.Errorf("call %d waits %v, want %v", i, got, want)
		}
	}
	if got := th.Take("bob", now); got != 0 {
		t.Errorf("another one waits %v", got)
	}
	if got := th.Take("ann", now.Add(time.Second)); got != 0 {
		t.Errorf("a second later: %v", got)
	}
	if th.Take("eve", now.Add(2*time.Minute)); len(th.due) != 1 {
		t.Errorf("%d are remembered", len(th.due))
	}
	for range 4 {
		if got := th.Take("", now); got != 0 {
			t.Errorf("nobody waits %v", got)
		}
	}
	for i := range most + 2 {
		th.Take(strconv.Itoa(i), now.Add(2*time.Minute))
	}
	if len(th.due) > most {
		t.Errorf("%d are remembered", len(th.due))
	}
}
