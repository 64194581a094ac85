// Package wire is the HTTP that adapters of providers have in common, so that the traps of paying over HTTP are stepped
// around in one place.
//
// # Paid calls
//
// [Client.Post] sends a request once. Nothing below it sends it again: the body cannot be rewound, no header makes
// net/http take the request for repeatable, and no redirect is followed. When no answer comes, whether the request had
// been written in full decides what the failure means: before that the provider cannot have acted on it (transient, not
// billed), after that nobody knows (unknown outcome, perhaps billed).
//
// # Memory
//
// Pictures are megabytes of base64 inside JSON. On the way out they are written into an unlinked file first, which
// gives the request a length; on the way in the long strings of an answer go to such a file while the rest, a few
// hundred bytes, is parsed. What a picture takes in memory is the size of a few buffers.
//
// # Where requests go
//
// Keys and other headers of a provider are sent to the host it is configured with and to hosts the adapter names as the
// provider's own, never to the network that delivers results. Results are fetched only from hosts on the adapter's
// list, redirects included, and never from a private, loopback or link-local address, whatever a name resolves to; the
// address the operator configured is the one exception.
package wire

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

const (
	defaultMaxReply = 192 << 20 // a 4K PNG is up to 60 MB of base64, four of them fit
	defaultMaxImage = 64 << 20
	dialTimeout     = 10 * time.Second
)

// Options describe a provider's API.
type Options struct {
	// Provider is the name in errors.
	Provider string
	// Base is the address all paths are below, such as "https://api.example.com/v1".
	Base string
	// Header goes with every request to Base's host and to Own: authentication and what the API insists on.
	Header http.Header
	// Basic, when not empty, is "user:password" that goes along with Header.
	Basic string
	// Own are further hosts of the API itself, for addresses the provider hands out (polling). They get Header.
	Own []string
	// Results are the hosts pictures are fetched from, without Header. "*.example.com" is any name below example.com.
	Results []string
	// Trusted are host:port pairs that may be private addresses besides Base's own, and may be spoken to without TLS.
	Trusted []string
	// MaxReply and MaxImage bound answers and pictures, in bytes. Zero is 192 MiB and 64 MiB.
	MaxReply, MaxImage int64
	// Dir is where pictures are spooled; empty is the system's folder for temporary files.
	Dir string
	// HeaderTimeout is how long an answer may be silent; zero leaves it to the context.
	HeaderTimeout time.Duration
}

// Client speaks to one provider. It is safe for concurrent use.
type Client struct {
	o       Options
	base    *url.URL
	trusted map[string]bool // host:port
	api     *http.Client
	results *http.Client
}

// New returns a client, or an error that says what is wrong with the address.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(o.Base, "/"))
	if err != nil || base.Host == "" || base.User != nil || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("%s: address %q is not http(s)://host/path", o.Provider, redact(o.Base))
	}
	if o.Basic != "" {
		if !strings.Contains(o.Basic, ":") {
			return nil, fmt.Errorf(`%s: auth is not "user:password"`, o.Provider)
		}
		o.Header = o.Header.Clone()
		o.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(o.Basic)))
	}
	o.MaxReply, o.MaxImage = cmp.Or(o.MaxReply, defaultMaxReply), cmp.Or(o.MaxImage, defaultMaxImage)
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	c := &Client{o: o, base: base, trusted: map[string]bool{hostPort(base): true}}
	for _, t := range o.Trusted {
		c.trusted[t] = true
	}
	transport := c.transport()
	c.api = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.results = &http.Client{Transport: transport, CheckRedirect: c.redirect}
	return c, nil
}

func redact(address string) string {
	if _, after, ok := strings.Cut(address, "@"); ok {
		return "…@" + after
	}
	return address
}

// Name of the provider.
func (c *Client) Name() string { return c.o.Provider }

// Fail returns an error of the provider.
func (c *Client) Fail(class providers.Class, billed providers.Billed, format string, args ...any) *providers.Error {
	return &providers.Error{Provider: c.o.Provider, Class: class, Billed: billed, Err: fmt.Errorf(format, args...)}
}

// Cannot is a request that this model does not take, though another may.
func (c *Client) Cannot(why string) *providers.Error {
	e := c.Fail(providers.BadRequest, providers.BilledNo, "%s", why)
	e.Scope = providers.ScopeModel
	return e
}

// transport refuses private addresses after names are resolved, where a name cannot lie any more.
func (c *Client) transport() *http.Transport {
	return &http.Transport{
		DialContext:           c.dial,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       60 * time.Second,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: c.o.HeaderTimeout,
		DisableCompression:    true,
	}
}

// errPrivate says that a name led to an address that is not to be spoken to.
var errPrivate = errors.New("private address")

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "http" {
		return u.Host + ":80"
	}
	return u.Host + ":443"
}

// listed reports whether host is one of the patterns.
func listed(host string, patterns []string) bool {
	host = strings.ToLower(host)
	for _, p := range patterns {
		if suffix, wild := strings.CutPrefix(p, "*"); host == p || (wild && strings.HasSuffix(host, suffix)) {
			return true
		}
	}
	return false
}
